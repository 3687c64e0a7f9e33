import { expect } from 'vitest'
import { startProcess } from './processes.ts'

/** What the yardstick takes on the quiet machine of two cores for which times are promised, in ms. */
const YARDSTICK_MS = 700

/** How many times slower this machine is at the moment than the one for which times are promised; 1 when it is not. */
async function slowness(): Promise<number> {
  const began = performance.now()
  await startProcess(['src/cli.ts', '--help']).exited
  return Math.max(1, (performance.now() - began) / YARDSTICK_MS)
}

/** Expects what must come to come within the promised time, or as much later as the machine is slower before or after than promised for. */
export async function expectWithin<T>(promisedMs: number, work: () => Promise<T>): Promise<T> {
  const before = await slowness()
  const began = performance.now()
  const result = await work()
  const took = performance.now() - began
  expect(took).toBeLessThan(promisedMs * Math.max(before, await slowness()))
  return result
}
