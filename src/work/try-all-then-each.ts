import { faultOf, isTimeOut } from '../db/classify-error.ts'

/**
 * Works on things together, for speed. If that fails for a reason that may be that of one of them, each is tried alone, so that one cannot
 * fail the others. Gives what each of those met that failed.
 */
export async function tryAllThenEach<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
): Promise<ReadonlyMap<T, unknown>> {
  try {
    await work(items)
    return new Map()
  } catch (error) {
    if (items.length === 1 || meetsTheNextToo(error)) return new Map(items.map((item) => [item, error]))
  }
  return await tryEach(items, (item) => work([item]))
}

/**
 * Works on things one by one, and gives what each of those met that failed. After a trouble of the house the rest is not even tried: it would
 * meet the same, a thousand times over.
 */
export async function tryEach<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<ReadonlyMap<T, unknown>> {
  const failures = new Map<T, unknown>()
  let house: { readonly error: unknown } | undefined
  for (const item of items) {
    if (house) {
      failures.set(item, house.error)
      continue
    }
    try {
      await work(item)
    } catch (error) {
      failures.set(item, error)
      if (meetsTheNextToo(error)) house = { error }
    }
  }
  return failures
}

/** A lock that is held may be that of one thing alone, but each wait for it takes long: those behind it come again at moments of their own. */
const meetsTheNextToo = (error: unknown) => faultOf(error) === 'house' || isTimeOut(error)
