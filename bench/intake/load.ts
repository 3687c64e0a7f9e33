import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type CpuTime, cpuTime } from '../cpu-time.ts'

/** What is sent, credits or charges, by a process of its own, which does not share a thread with anything that is measured. */
export type LoadPlan = {
  /** Of the server, without a path. */
  readonly url: string
  readonly apiKey: string
  readonly what: 'credit' | 'credits' | 'charges'
  /** In one request. */
  readonly each: number
  /** Kept alive, each with one request under way at a time. */
  readonly connections: number
  /** They go to these accounts in turn, so that no two that are under way at once share one. */
  readonly accounts: number
  /** Sets the references of one load apart from those of another. */
  readonly name?: string
  /** Ends after so many or so many seconds, whichever is first. */
  readonly max: { readonly count?: number; readonly seconds?: number }
}

export type LoadResult = {
  /** Accepted; any other answer ends the load with an error. */
  readonly count: number
  /** From the first request to the last answer. */
  readonly seconds: number
  readonly perSecond: number
  readonly requestsPerSecond: number
  /** From a request to its answer, in ms. */
  readonly answer: { readonly median: number; readonly p95: number }
}

/** With the CPU time of all servers, in µs each; that of the load itself is not in it. */
export type MeasuredLoad = LoadResult & { readonly cpu: CpuTime }

const run = promisify(execFile)

export async function sendLoad(plan: LoadPlan): Promise<MeasuredLoad> {
  const before = await cpuTime()
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'generate-load.ts'), JSON.stringify(plan)])
  const result: LoadResult = JSON.parse(stdout)
  return { ...result, cpu: cpuEach(before, await cpuTime(), result.count) }
}

/** CPU time between two moments, in µs for each of so many. */
export function cpuEach(before: CpuTime, after: CpuTime, count: number): CpuTime {
  const each = (kind: keyof CpuTime) => Math.round(((after[kind] - before[kind]) * 1_000) / count)
  return { postgres: each('postgres'), redis: each('redis'), node: each('node') }
}
