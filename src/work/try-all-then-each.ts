import { faultOf, isTimeOut } from '../db/classify-error.ts'

/**
 * Works on all items at once, for speed. If that fails and one item may be the cause, each item is tried by itself, so that one cannot fail
 * the others. Returns the errors of the items that failed.
 */
export async function tryAllThenEach<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
): Promise<ReadonlyMap<T, unknown>> {
  try {
    await work(items)
    return new Map()
  } catch (error) {
    if (items.length === 1 || failsOthersToo(error)) return new Map(items.map((item) => [item, error]))
  }
  return await tryEach(items, (item) => work([item]))
}

/**
 * Works on items one by one. Returns the errors of the items that failed. After a system fault or a time-out the remaining items are not
 * tried: each would fail with the same error, up to a thousand times.
 */
export async function tryEach<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<ReadonlyMap<T, unknown>> {
  const failures = new Map<T, unknown>()
  let stoppedBy: { readonly error: unknown } | undefined
  for (const item of items) {
    if (stoppedBy) {
      failures.set(item, stoppedBy.error)
      continue
    }
    try {
      await work(item)
    } catch (error) {
      failures.set(item, error)
      if (failsOthersToo(error)) stoppedBy = { error }
    }
  }
  return failures
}

/**
 * Whether the other items need not be tried after this error. A held lock may concern one item only, but each wait for a lock takes long.
 * The relay gives each of these items a job of its own later.
 */
const failsOthersToo = (error: unknown) => faultOf(error) === 'system' || isTimeOut(error)
