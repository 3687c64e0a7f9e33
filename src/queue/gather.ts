export type Gathering<T> = {
  /** The size of a lot at most; one item is taken however large it is. */
  readonly most: number
  /** Lots under way at once. */
  readonly atOnce: number
  /** How much of a lot an item takes: 1 unless said. */
  readonly sizeOf?: (item: T) => number
}

/**
 * Gathers what arrives while earlier lots are being worked on, and works on it together: one transaction for many. Nothing waits
 * as long as a lot more may be under way. Gives each item its own result; a lot that throws fails all of its items.
 */
export function gather<T, R>(
  { most, atOnce, sizeOf = () => 1 }: Gathering<T>,
  workOn: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  type Waiting = { readonly item: T; readonly done: (result: R) => void; readonly failed: (error: unknown) => void }
  let waiting: Waiting[] = []
  let underWay = 0

  const takeLot = () => {
    let size = 0
    const end = waiting.findIndex(({ item }, index) => {
      size += sizeOf(item)
      return index > 0 && size > most
    })
    const lot = end === -1 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(lot.length)
    return lot
  }

  const drain = async () => {
    underWay += 1
    while (waiting.length > 0) {
      const lot = takeLot()
      try {
        const results = await workOn(lot.map(({ item }) => item))
        for (const [index, { done }] of lot.entries()) done(results[index] as R)
      } catch (error) {
        for (const { failed } of lot) failed(error)
      }
    }
    underWay -= 1
  }
  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (underWay < atOnce) void drain()
    })
}
