import { setTimeout as sleep } from 'node:timers/promises'
import { inTime } from '../in-time.ts'
import { commandLine, processTree } from '../processes.ts'
import { API_KEY, type EmbeddedService } from './embedded-service.ts'

export type Restart = {
  /** The process that was killed. */
  readonly what: string
  /** From the SIGKILL until a credit that is sent afterwards is accepted and pending. */
  readonly seconds: readonly number[]
}

/** Longer than what counts as having stayed up, so that no restart waits for an earlier one. */
const PAUSE_MS = 4_000

/** Kills each process of the service in turn, but Postgres and the one that starts the others, and sends credits until one is carried out. */
export async function measureRestarts(
  service: EmbeddedService,
  accountId: string,
  times: number,
): Promise<readonly Restart[]> {
  const children = async () =>
    (await processTree(service.pid)).filter(
      ({ parent, name }) => parent === service.pid && !name.startsWith('postgres'),
    )
  const commands = await Promise.all((await children()).map(({ pid }) => commandLine(pid)))
  const restarts: Restart[] = []
  for (const command of commands) {
    const seconds: number[] = []
    for (let time = 0; time < times; time += 1) {
      await sleep(PAUSE_MS)
      for (const { pid } of await children()) {
        if ((await commandLine(pid)) === command) process.kill(pid, 'SIGKILL')
      }
      const begun = performance.now()
      await creditCarriedOut(service, accountId)
      seconds.push((performance.now() - begun) / 1_000)
    }
    restarts.push({ what: command.replace(/^\S+ /, ''), seconds })
  }
  return restarts
}

async function creditCarriedOut({ url }: EmbeddedService, accountId: string): Promise<void> {
  const headers = { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' }
  const body = JSON.stringify({ accountId, amount: '1.00', reason: 'A restart', automaticDisbursement: false })
  let creditId: string | undefined
  const accepted = async () => {
    const answer = await fetch(`${url}/v1/credits`, { method: 'POST', headers, body }).catch(() => undefined)
    if (answer?.status !== 202) return false
    creditId = ((await answer.json()) as { creditId: string }).creditId
    return true
  }
  const pending = async () => {
    const answer = await fetch(`${url}/v1/credits/${creditId}`, { headers })
    return ((await answer.json()) as { status?: string }).status === 'pending'
  }
  await inTime('the API', accepted, 10)
  await inTime('the worker', pending, 10)
}
