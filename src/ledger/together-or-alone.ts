import { isPassing } from '../db/passing-error.ts'

/**
 * Works on things together, for speed. If that fails for a reason that does not pass, each is tried alone, so that one cannot
 * fail the others; gives what each of those met that failed even so. Throws when the reason passes.
 */
export async function togetherOrAlone<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
): Promise<ReadonlyMap<T, unknown>> {
  const failures = new Map<T, unknown>()
  try {
    await work(items)
  } catch (error) {
    if (isPassing(error)) throw error
    if (items.length === 1) return failures.set(items[0] as T, error)
    for (const item of items) await work([item]).catch((failure: unknown) => failures.set(item, failure))
  }
  return failures
}
