import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiError, apiError } from './api-error.ts'

const minPauseMs = 50
const maxPauseMs = 1_000

export type PollOptions<Value> = {
  /** After this many milliseconds throws the ApiError `wait_timed_out`. The work itself goes on. */
  readonly timeoutMs: number
  readonly onValue?: ((value: Value) => void) | undefined
}

/** Reads until the value is `finished`: first every 50 ms, then more slowly, down to once a second. */
export async function pollUntil<Value>(
  read: () => Promise<Value>,
  finished: (value: Value) => boolean,
  { timeoutMs, onValue }: PollOptions<Value>,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = minPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, maxPauseMs)) {
    const value = await read()
    onValue?.(value)
    if (finished(value)) return value
    if (performance.now() + pauseMs > deadline) throw waitedTooLong(timeoutMs)
    await sleep(pauseMs)
  }
}

/** The error of who waited so many milliseconds for what goes on. */
export function waitedTooLong(timeoutMs: number): ApiError {
  const detail = `not finished after ${Math.round(timeoutMs / 1_000)} s; the work goes on`
  return apiError({ status: 0, code: 'wait_timed_out', title: 'Waited long enough', detail })
}
