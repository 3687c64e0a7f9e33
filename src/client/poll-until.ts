import { setTimeout as sleep } from 'node:timers/promises'
import { apiError } from './api-error.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000

export type PollOptions<Value> = {
  /** Gives up after this many milliseconds with the ApiError `wait_timed_out`; what is waited for goes on. */
  readonly timeoutMs: number
  readonly onValue?: ((value: Value) => void) | undefined
}

/** Reads until `finished`, at first every 50 ms and ever more slowly up to once a second. */
export async function pollUntil<Value>(
  read: () => Promise<Value>,
  finished: (value: Value) => boolean,
  { timeoutMs, onValue }: PollOptions<Value>,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const value = await read()
    onValue?.(value)
    if (finished(value)) return value
    if (performance.now() + pauseMs > deadline) {
      const detail = `not finished after ${Math.round(timeoutMs / 1_000)} s; it goes on without being watched`
      throw apiError({ status: 0, code: 'wait_timed_out', title: 'Waited long enough', detail })
    }
    await sleep(pauseMs)
  }
}
