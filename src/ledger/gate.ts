/** Lets work in together, or alone: nothing else is under way while what came alone is. */
export type Gate = {
  readonly together: <T>(work: () => Promise<T>) => Promise<T>
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

/** Opens a gate for the work of one process. */
export function openGate(): Gate {
  const underWay = new Set<Promise<unknown>>()
  let lastAlone: Promise<unknown> = Promise.resolve()
  return {
    together: async (work) => {
      for (let seen: unknown; seen !== lastAlone; ) {
        seen = lastAlone
        await lastAlone
      }
      const working = work()
      const ended: Promise<unknown> = working.then(
        () => underWay.delete(ended),
        () => underWay.delete(ended),
      )
      underWay.add(ended)
      return await working
    },
    alone: async (work) => {
      const working = lastAlone.then(() => Promise.all(underWay)).then(work)
      lastAlone = working.then(
        () => undefined,
        () => undefined,
      )
      return await working
    },
  }
}
