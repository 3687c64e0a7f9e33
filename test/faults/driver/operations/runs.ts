import { dayFromToday, FARTHEST_DAY } from '../days.ts'
import type { Run } from '../ledger.ts'
import type { Caller } from '../scene.ts'

type Started = { readonly billRunId: string }

/** A run of the seed's group, or of some of its accounts; with a key it is one run, however often it is asked for. */
export async function startRun({ scene, calls, dice }: Caller): Promise<Run | undefined> {
  const { ledger } = scene
  const whole = dice.chance(0.6)
  const accountIds = [...new Set(Array.from({ length: dice.between(1, 6) }, () => dice.pick(ledger.accounts).id))]
  const billDate = dayFromToday(dice.pick([-20, 0, 0, FARTHEST_DAY]))
  const key = ledger.newLabel('run')
  const body = { ...(whole ? { billGroup: ledger.group } : { accountIds }), billDate, name: key }
  const call = { method: 'POST', path: '/v1/bill-runs', body, key } as const
  const answer = await calls.untilAnswered<Started>(call)
  if (answer.kind === 'refused') return void scene.failures.push(`a run was refused: ${answer.status} ${answer.code}`)
  const run: Run = { billRunId: answer.body.billRunId, cancelled: 'no' }
  ledger.runs.push(run)
  if (dice.chance(0.2)) {
    const again = await calls.untilAnswered<Started>(call)
    if (again.kind !== 'done' || again.body.billRunId !== run.billRunId)
      scene.failures.push(`a run under the same key again gave ${JSON.stringify(again)}, not ${run.billRunId}`)
  }
  return run
}

/** Over the same accounts, at the same time. */
export async function startTwoRuns(caller: Caller): Promise<void> {
  await Promise.all([startRun(caller), startRun(caller)])
}

export async function cancelRun(caller: Caller): Promise<void> {
  const { scene, calls, dice } = caller
  const run = dice.chance(0.6) ? await startRun(caller) : dice.pickAny(scene.ledger.runs)
  if (!run) return
  const answer = await calls.untilAnswered({ method: 'POST', path: `/v1/bill-runs/${run.billRunId}/cancel` })
  if (answer.kind === 'done') run.cancelled = 'yes'
  else if (answer.code !== 'bill_run_finished')
    scene.failures.push(`cancelling ${run.billRunId} was refused: ${answer.status} ${answer.code}`)
  else if (answer.doubted && run.cancelled === 'no') run.cancelled = 'maybe'
}

/** Of a run without failures it changes nothing. */
export async function retryRun({ scene, calls, dice }: Caller): Promise<void> {
  const run = dice.pickAny(scene.ledger.runs)
  if (!run) return
  const answer = await calls.untilAnswered({ method: 'POST', path: `/v1/bill-runs/${run.billRunId}/retry` })
  if (answer.kind === 'refused' && (answer.code !== 'bill_run_finished' || run.cancelled === 'no'))
    scene.failures.push(`retrying ${run.billRunId} was refused: ${answer.status} ${answer.code}`)
}
