import { isPassing } from '../db/passing-error.ts'

/**
 * Works on things together, for speed. If that fails for a reason that does not pass, each is tried alone, so that one cannot
 * fail the others; then throws the first failure, if any was left.
 */
export async function togetherOrAlone<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  try {
    await work(items)
  } catch (error) {
    if (isPassing(error) || items.length === 1) throw error
    const failures: unknown[] = []
    for (const item of items) await work([item]).catch((failure: unknown) => failures.push(failure))
    if (failures.length > 0) throw failures[0]
  }
}
