export type GatherOptions<T> = {
  /** The maximum size of a group. A single item that is larger is a group of its own. */
  readonly maxSize: number
  /** How many groups are worked on at once. */
  readonly concurrency: number
  /** The size of an item; 1 by default. */
  readonly sizeOf?: (item: T) => number
  /** A group that takes longer than `slowAfterMs` does not count towards `concurrency`. At most `maxSlow` groups are left out like this. */
  readonly overtaking?: { readonly slowAfterMs: number; readonly maxSlow: number }
  /**
   * Limits the items that wait. An item is refused with this error when `maxItems` wait already, or after it has waited for `maxMs`. No
   * work on it has begun then.
   */
  readonly waiting?: { readonly maxItems: number; readonly maxMs: number; readonly refuse: () => Error }
}

type Waiting<T, R> = {
  readonly item: T
  readonly since: number
  readonly done: (result: R) => void
  readonly failed: (error: unknown) => void
}

/**
 * Gathers items that arrive while earlier groups are being worked on, and works on them as one group: one transaction for many items. An
 * item waits only when `concurrency` groups are under way. Each item gets its own result. When a group's work throws, all of its items
 * fail.
 */
export function gather<T, R>(
  { maxSize, concurrency, sizeOf = () => 1, overtaking, waiting: limits }: GatherOptions<T>,
  workOn: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = []
  let underWay = 0
  let slow = 0

  const takeGroup = () => {
    let size = 0
    const end = waiting.findIndex(({ item }, index) => {
      size += sizeOf(item)
      return index > 0 && size > maxSize
    })
    const group = end === -1 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(group.length)
    return group
  }

  const maxUnderWay = () => concurrency + Math.min(slow, overtaking?.maxSlow ?? 0)

  /** Counts a group as slow after `slowAfterMs`, so that another may begin. Returns a function to call when the group has ended. */
  const watchSlow = () => {
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      slow += 1
      if (waiting.length > 0 && underWay < maxUnderWay()) void drain()
    }, overtaking?.slowAfterMs)
    return () => {
      clearTimeout(timer)
      if (isSlow) slow -= 1
    }
  }

  const work = async (group: readonly Waiting<T, R>[]) => {
    const ended = overtaking && watchSlow()
    try {
      const results = await workOn(group.map(({ item }) => item))
      for (const [index, { done }] of group.entries()) done(results[index] as R)
    } catch (error) {
      for (const { failed } of group) failed(error)
    } finally {
      ended?.()
    }
  }

  const drain = async () => {
    underWay += 1
    while (waiting.length > 0 && underWay <= maxUnderWay()) await work(takeGroup())
    underWay -= 1
  }

  const watchWaiting = limits && watchWaitingTime(limits, () => waiting)
  return (item) =>
    new Promise((done, failed) => {
      if (limits && waiting.length >= limits.maxItems) {
        failed(limits.refuse())
        return
      }
      waiting.push({ item, since: performance.now(), done, failed })
      if (underWay < maxUnderWay()) void drain()
      else watchWaiting?.()
    })
}

/** Returns a function that starts a timer, if none runs, which refuses each item that has waited for `maxMs`. Stops when none waits. */
function watchWaitingTime<T, R>(
  { maxMs, refuse }: { readonly maxMs: number; readonly refuse: () => Error },
  waiting: () => Waiting<T, R>[],
): () => void {
  let timer: NodeJS.Timeout | undefined
  const refuseLate = () => {
    timer = undefined
    const items = waiting()
    const inTime = items.findIndex(({ since }) => performance.now() - since < maxMs)
    for (const { failed } of items.splice(0, inTime === -1 ? items.length : inTime)) failed(refuse())
    watch()
  }
  const watch = () => {
    const [first] = waiting()
    if (first && !timer) timer = setTimeout(refuseLate, Math.max(1, first.since + maxMs - performance.now()))
  }
  return watch
}
