import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine, memoryMb, processTree } from '../processes.ts'
import { type EmbeddedService, startEmbeddedService } from './embedded-service.ts'

export type Start = {
  /** Until /readyz answers 200. */
  readonly seconds: number
  /** CPU time until then, of all its processes, those that have ended too. */
  readonly cpuSeconds: number
}

export type Memory = {
  readonly processes: readonly { readonly what: string; readonly mb: number }[]
  readonly mb: number
}

/** How long a service that was started is left alone before it is at rest. */
const REST_MS = 10_000

/** Starts the service on a folder, and leaves it running. */
export async function measureStart(dataDir: string): Promise<Start & { readonly service: EmbeddedService }> {
  const begun = performance.now()
  const service = await startEmbeddedService(dataDir)
  const seconds = (performance.now() - begun) / 1_000
  const tree = await processTree(service.pid)
  const cpuSeconds = tree.reduce((sum, { ownMs, reapedMs }) => sum + ownMs + reapedMs, 0) / 1_000
  return { seconds, cpuSeconds, service }
}

/** Memory of all processes of the service at rest: each of Node's, and Postgres's together. */
export async function measureMemory({ pid }: EmbeddedService): Promise<Memory> {
  await sleep(REST_MS)
  const each = await Promise.all(
    (await processTree(pid)).map(async ({ pid, name }) => ({
      what: name.startsWith('postgres') ? 'Postgres' : (await commandLine(pid)).replace(/^\S+ /, ''),
      mb: await memoryMb(pid),
    })),
  )
  const processes = [...Map.groupBy(each, ({ what }) => what)].map(([what, of]) => ({ what, mb: sum(of) }))
  return { processes, mb: sum(processes) }
}

const sum = (of: readonly { readonly mb: number }[]) => of.reduce((total, { mb }) => total + mb, 0)
