import { setTimeout as sleep } from 'node:timers/promises'
import { type Calls, read, readAll } from './calls.ts'
import { dayFromToday, LAST_DAY } from './days.ts'
import { TAKEOVER_MS } from './entries.ts'
import type { Credit } from './ledger.ts'
import { patience } from './patience.ts'
import type { Scene } from './scene.ts'

/** What is accepted is enqueued again within 60 s, taken over, and done. */
const QUIET_WITHIN_MS = 60_000 + TAKEOVER_MS

type Open = { readonly jobs: number; readonly batches: number; readonly runs: number }
type BillRun = { readonly billRunId: string; readonly status: string; readonly progress: { readonly failed: number } }
type Job = { readonly status: string; readonly error: { readonly code: string } | null }
type Failure = { readonly accountId: string; readonly code: string; readonly message: string }

/** Waits until all that was accepted is carried out, takes up what had to fail, and bills everything that is left. */
export async function settle(scene: Scene, calls: Calls): Promise<void> {
  await quiet(scene)
  for (const { billRunId } of scene.ledger.runs) await takeUp(scene, calls, billRunId)
  for (const credit of scene.ledger.credits()) await takeUpCredit(scene, calls, credit)
  await quiet(scene)
  const body = { billGroup: scene.ledger.group, billDate: dayFromToday(LAST_DAY) }
  const last = await calls.untilAnswered<BillRun>({
    method: 'POST',
    path: '/v1/bill-runs',
    body,
    key: scene.ledger.newLabel('last-run'),
  })
  if (last.kind === 'refused') return void scene.failures.push(`the last run was refused: ${last.status} ${last.code}`)
  scene.ledger.runs.push({ billRunId: last.body.billRunId, cancelled: 'no' })
  await quiet(scene)
  for (const { billRunId, cancelled } of scene.ledger.runs) {
    const { status } = await read<BillRun>(calls, `/v1/bill-runs/${billRunId}`)
    const expected = { yes: ['cancelled'], no: ['completed'], maybe: ['cancelled', 'completed'] }[cancelled]
    if (!expected.includes(status))
      scene.failures.push(`bill run ${billRunId} ended ${status}, not ${expected.join(' or ')}`)
  }
  await queuesEmpty(scene)
}

/** Waits until no durable work is open. */
async function quiet({ stack, failures, steps }: Scene): Promise<void> {
  const began = performance.now()
  for (;;) {
    const [open] = await stack.asOwner<Open>(`
      select (select count(*)::integer from job where status = 'queued') as jobs,
        (select count(*)::integer from bill_batch where status = 'open') as batches,
        (select count(*)::integer from bill_run where finished_at is null) as runs`)
    if (!open || open.jobs + open.batches + open.runs === 0) break
    const ms = performance.now() - began
    if (ms > QUIET_WITHIN_MS * patience()) {
      failures.push(`still open ${Math.round(ms / 1_000)} s after the last fault: ${JSON.stringify(open)}`)
      throw new Error('it does not become quiet')
    }
    await sleep(100)
  }
  steps.note('driver', `quiet after ${Math.round(performance.now() - began)} ms`)
}

/** A run's failures are those that a fault made, and no others; now that it is mended, a retry bills them. */
async function takeUp(scene: Scene, calls: Calls, billRunId: string): Promise<void> {
  const run = await read<BillRun>(calls, `/v1/bill-runs/${billRunId}`)
  if (run.progress.failed === 0) return
  const failed = await readAll<Failure>(calls, `/v1/bill-runs/${billRunId}/failures`)
  for (const { accountId, code, message } of failed)
    if (!scene.poisoned.get(accountId)?.has(code))
      scene.failures.push(
        `${accountId} could not be billed by run ${billRunId}, and nothing was wrong with it: ${code} ${message}`,
      )
  if (run.status === 'cancelled') return
  const answer = await calls.untilAnswered({ method: 'POST', path: `/v1/bill-runs/${billRunId}/retry` })
  if (answer.kind === 'refused')
    scene.failures.push(`retrying run ${billRunId} was refused: ${answer.status} ${answer.code}`)
}

/** The same of an accepted credit. */
async function takeUpCredit(scene: Scene, calls: Calls, { account, jobId, label }: Credit): Promise<void> {
  if (jobId === undefined || !scene.poisoned.has(account.id)) return
  const { status, error } = await read<Job>(calls, `/v1/jobs/${jobId}`)
  if (status !== 'failed') return
  if (!scene.poisoned.get(account.id)?.has(error?.code ?? ''))
    scene.failures.push(`${label} failed by ${error?.code}, and not for what was wrong with its account`)
  const answer = await calls.untilAnswered({ method: 'POST', path: `/v1/jobs/${jobId}/retry` })
  // An answer that was lost is given again only to who has a key.
  if (answer.kind === 'refused' && !(answer.doubted && answer.code === 'job_not_failed'))
    scene.failures.push(`retrying the job of ${label} was refused: ${answer.status} ${answer.code}`)
}

const EMPTY_WITHIN_MS = 30_000

/** What waits in the queue has nothing to do any more, and goes when it is looked at. */
async function queuesEmpty({ stack, failures }: Scene): Promise<void> {
  const began = performance.now()
  await stack.withQueues(async (queues) => {
    for (;;) {
      const counts = await Promise.all(
        queues.all.map(
          async (queue) =>
            [queue.name, await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')] as const,
        ),
      )
      const left = counts.filter(([, count]) => Object.values(count).some((jobs) => jobs > 0))
      if (left.length === 0) return
      if (performance.now() - began > EMPTY_WITHIN_MS * patience())
        return void failures.push(
          `the queue is not empty ${EMPTY_WITHIN_MS / 1_000} s after all is done: ${JSON.stringify(left)}`,
        )
      await sleep(200)
    }
  })
}
