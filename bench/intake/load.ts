import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type CpuTime, cpuTime } from '../cpu-time.ts'

/** Credits to be sent by a process of its own, which does not share a thread with anything that is measured. */
export type LoadPlan = {
  /** Of the server, without a path. */
  readonly url: string
  readonly apiKey: string
  /** Kept alive, each with one request under way at a time. */
  readonly connections: number
  /** 1 goes to /v1/credits, more to /v1/credits/batch. */
  readonly creditsPerRequest: number
  /** The credits go to these accounts in turn, so that no two that are under way at once share one. */
  readonly accounts: number
  /** Ends after so many credits or so many seconds, whichever is first. */
  readonly most: { readonly credits?: number; readonly seconds?: number }
}

export type LoadResult = {
  /** Accepted; anything but a 202 ends the load with an error. */
  readonly credits: number
  /** From the first request to the last answer. */
  readonly seconds: number
  readonly creditsPerSecond: number
  readonly requestsPerSecond: number
  /** From a request to its answer, in ms. */
  readonly answer: { readonly median: number; readonly p95: number }
}

/** With the CPU time of all servers, in µs a credit; that of the load itself is not in it. */
export type MeasuredLoad = LoadResult & { readonly cpu: CpuTime }

const run = promisify(execFile)

export async function sendLoad(plan: LoadPlan): Promise<MeasuredLoad> {
  const before = await cpuTime()
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'generate-load.ts'), JSON.stringify(plan)])
  const result: LoadResult = JSON.parse(stdout)
  const after = await cpuTime()
  const each = (kind: keyof CpuTime) => Math.round(((after[kind] - before[kind]) * 1_000) / result.credits)
  return { ...result, cpu: { postgres: each('postgres'), redis: each('redis'), node: each('node') } }
}
