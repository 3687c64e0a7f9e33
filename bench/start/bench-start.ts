import { makeDataDir, removeDataDir } from '../servers.ts'
import { API_KEY, type EmbeddedService } from './embedded-service.ts'
import { type MeasuredCommand, measureCommand } from './measure-command.ts'
import { measureRestarts, type Restart } from './measure-restart.ts'
import { type Memory, measureMemory, measureStart, type Start } from './measure-start.ts'

export type StartReport = {
  /** The very first, which makes the database. */
  readonly first: Start
  /** On the same data. */
  readonly later: readonly Start[]
  readonly memory: Memory
  readonly restarts: readonly Restart[]
  readonly commands: readonly MeasuredCommand[]
}

const ACCOUNT = 'account-1'
const COMMAND_RUNS = 10

/** Measures the service as `npm start` gives it: how it starts, what it takes at rest, how it comes back, and what its commands take. */
export async function benchStart(repeat: number, say: (line: string) => void): Promise<StartReport> {
  const dataDir = await makeDataDir()
  let running: EmbeddedService | undefined
  const start = async (what: string): Promise<Start> => {
    await running?.stop()
    const { service, ...measured } = await measureStart(dataDir)
    running = service
    say(`${what}: ${measured.seconds.toFixed(2)} s, ${measured.cpuSeconds.toFixed(2)} s of CPU`)
    return measured
  }
  try {
    const first = await start('first start')
    const later: Start[] = []
    for (let time = 0; time < repeat; time += 1) later.push(await start('start'))
    const service = running as unknown as EmbeddedService
    const memory = await measureMemory(service)
    say(`at rest: ${Math.round(memory.mb)} MB`)
    await makeAccount(service)
    const env = { NIGHTBILL_URL: service.url, NIGHTBILL_API_KEY: API_KEY }
    const commands: MeasuredCommand[] = []
    for (const args of [['--help'], ['account', 'show', ACCOUNT]])
      commands.push(await measureCommand(args, env, COMMAND_RUNS))
    say('killing processes')
    return { first, later, memory, commands, restarts: await measureRestarts(service, ACCOUNT, repeat) }
  } finally {
    await running?.stop()
    await removeDataDir(dataDir)
  }
}

async function makeAccount({ url }: EmbeddedService): Promise<void> {
  const answer = await fetch(`${url}/v1/accounts`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ accountId: ACCOUNT, name: 'Account 1', currency: 'USD' }),
  })
  if (!answer.ok) throw new Error(`POST /v1/accounts answered ${answer.status}: ${await answer.text()}`)
}
