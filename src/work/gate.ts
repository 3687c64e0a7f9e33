/** A read-write lock over the work of one process: shared work runs side by side, exclusive work runs when nothing else does. */
export type Gate = {
  readonly shared: <T>(work: () => Promise<T>) => Promise<T>
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>
}

/** Opens a gate for the work of one process. */
export function openGate(): Gate {
  const underWay = new Set<Promise<unknown>>()
  let lastExclusive: Promise<unknown> = Promise.resolve()
  return {
    shared: async (work) => {
      for (let seen: unknown; seen !== lastExclusive; ) {
        seen = lastExclusive
        await lastExclusive
      }
      const working = work()
      const ended: Promise<unknown> = working.then(
        () => underWay.delete(ended),
        () => underWay.delete(ended),
      )
      underWay.add(ended)
      return await working
    },
    exclusive: async (work) => {
      const working = lastExclusive.then(() => Promise.all(underWay)).then(work)
      lastExclusive = working.then(
        () => undefined,
        () => undefined,
      )
      return await working
    },
  }
}
