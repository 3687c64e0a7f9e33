export type Gathering<T> = {
  /** The size of a lot at most; one item is taken however large it is. */
  readonly maxSize: number
  /** Lots under way at once. */
  readonly concurrency: number
  /** How much of a lot an item takes: 1 unless said. */
  readonly sizeOf?: (item: T) => number
  /** A lot that takes longer than `slowAfterMs` is not counted among those `concurrency`, as long as fewer than `maxSlow` are that slow. */
  readonly overtaking?: { readonly slowAfterMs: number; readonly maxSlow: number }
  /** What would wait as one more than `maxItems`, or has waited for `maxMs`, is refused with this error. It has not been begun. */
  readonly waiting?: { readonly maxItems: number; readonly maxMs: number; readonly refuse: () => Error }
}

type Waiting<T, R> = {
  readonly item: T
  readonly since: number
  readonly done: (result: R) => void
  readonly failed: (error: unknown) => void
}

/**
 * Gathers what arrives while earlier lots are being worked on, and works on it together: one transaction for many. Nothing waits
 * as long as a lot more may be under way. Gives each item its own result; a lot that throws fails all of its items.
 */
export function gather<T, R>(
  { maxSize, concurrency, sizeOf = () => 1, overtaking, waiting: bounds }: Gathering<T>,
  workOn: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = []
  let underWay = 0
  let slow = 0

  const takeLot = () => {
    let size = 0
    const end = waiting.findIndex(({ item }, index) => {
      size += sizeOf(item)
      return index > 0 && size > maxSize
    })
    const lot = end === -1 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(lot.length)
    return lot
  }

  const mayBeUnderWay = () => concurrency + Math.min(slow, overtaking?.maxSlow ?? 0)

  /** Counts a lot as slow once it is, so that another may begin. Gives what to call when it has ended. */
  const watchSlow = () => {
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      slow += 1
      if (waiting.length > 0 && underWay < mayBeUnderWay()) void drain()
    }, overtaking?.slowAfterMs)
    return () => {
      clearTimeout(timer)
      if (isSlow) slow -= 1
    }
  }

  const work = async (lot: readonly Waiting<T, R>[]) => {
    const ended = overtaking && watchSlow()
    try {
      const results = await workOn(lot.map(({ item }) => item))
      for (const [index, { done }] of lot.entries()) done(results[index] as R)
    } catch (error) {
      for (const { failed } of lot) failed(error)
    } finally {
      ended?.()
    }
  }

  const drain = async () => {
    underWay += 1
    while (waiting.length > 0 && underWay <= mayBeUnderWay()) await work(takeLot())
    underWay -= 1
  }

  const refuseLate = bounds && refusingLate(bounds, () => waiting)
  return (item) =>
    new Promise((done, failed) => {
      if (bounds && waiting.length >= bounds.maxItems) {
        failed(bounds.refuse())
        return
      }
      waiting.push({ item, since: performance.now(), done, failed })
      if (underWay < mayBeUnderWay()) void drain()
      else refuseLate?.()
    })
}

/** Refuses what has waited for too long, those that came first before the others, as long as any wait. */
function refusingLate<T, R>(
  { maxMs, refuse }: { readonly maxMs: number; readonly refuse: () => Error },
  waiting: () => Waiting<T, R>[],
): () => void {
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    timer = undefined
    const items = waiting()
    const early = items.findIndex(({ since }) => performance.now() - since < maxMs)
    for (const { failed } of items.splice(0, early === -1 ? items.length : early)) failed(refuse())
    watch()
  }
  const watch = () => {
    const [first] = waiting()
    if (first && !timer) timer = setTimeout(look, Math.max(1, first.since + maxMs - performance.now()))
  }
  return watch
}
