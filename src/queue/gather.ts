/**
 * Gathers what arrives while the last lot is being worked on, and works on it together: one transaction for many. Nothing waits
 * when nothing is under way. Each lot has its own outcome, which is that of all in it.
 */
export function gather<T, R>(
  most: number,
  workOn: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  type Waiting = { readonly item: T; readonly done: (result: R) => void; readonly failed: (error: unknown) => void }
  let waiting: Waiting[] = []
  let working = false

  const drain = async () => {
    working = true
    while (waiting.length > 0) {
      const lot = waiting.slice(0, most)
      waiting = waiting.slice(most)
      try {
        const results = await workOn(lot.map(({ item }) => item))
        for (const [index, { done }] of lot.entries()) done(results[index] as R)
      } catch (error) {
        for (const { failed } of lot) failed(error)
      }
    }
    working = false
  }
  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (!working) void drain()
    })
}
