/**
 * Gathers what arrives while the last lot is being worked on, and works on it together: one transaction for many. Nothing waits
 * when nothing is under way. If a lot of several fails, each is tried alone, so that one cannot fail the others.
 */
export function gather<T>(most: number, workOn: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  type Waiting = { readonly item: T; readonly done: () => void; readonly failed: (error: unknown) => void }
  let waiting: Waiting[] = []
  let working = false

  const settle = async (lot: readonly Waiting[]) => {
    try {
      await workOn(lot.map(({ item }) => item))
      for (const { done } of lot) done()
    } catch (error) {
      if (lot.length === 1) lot[0]?.failed(error)
      else for (const one of lot) await settle([one])
    }
  }
  const drain = async () => {
    working = true
    while (waiting.length > 0) {
      const lot = waiting.slice(0, most)
      waiting = waiting.slice(most)
      await settle(lot)
    }
    working = false
  }
  return (item) =>
    new Promise<void>((done, failed) => {
      waiting.push({ item, done, failed })
      if (!working) void drain()
    })
}
