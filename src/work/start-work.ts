import { startWorker } from '../queue/start-worker.ts'
import { openGate } from './gate.ts'
import type { Kind, WorkContext, WorkProcess } from './kind.ts'
import { KINDS } from './kinds.ts'
import { RELAY } from './processes.ts'
import { startRelay } from './start-relay.ts'

type Stop = () => Promise<void>

/**
 * Starts the work of these processes, all of it in this process. Returns a function that stops it and waits for what is under way. All
 * workers are stopped at the same time, so that none takes more work while another finishes.
 */
export async function startWork(
  opened: WorkProcess,
  processes: readonly string[],
  kinds: readonly Kind[] = KINDS,
): Promise<Stop> {
  const gate = openGate()
  const workers = kinds
    .filter(({ process }) => processes.includes(process))
    .map((kind) => startKind({ ...opened, gate }, kind))
  const stops = await Promise.all([...workers, ...(processes.includes(RELAY) ? [startRelay(opened, kinds)] : [])])
  return async () => void (await Promise.all(stops.map((stop) => stop())))
}

async function startKind(context: WorkProcess & WorkContext, kind: Kind): Promise<Stop> {
  const { backend, config, log } = context
  const { close } = await startWorker(backend, kind, kind.open(context), {
    concurrency: kind.concurrency(config),
    lockMs: config.JOB_LOCK_MS,
    stallCheckMs: config.STALL_CHECK_MS,
    log,
  })
  return close
}
