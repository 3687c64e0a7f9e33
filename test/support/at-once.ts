/** What each of so many calls gives, one after the other. */
export const times = <T>(count: number, act: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => act(index))

/** What each of so many calls gives, all of them begun at once. */
export const atOnce = <T>(count: number, act: (index: number) => Promise<T>) => Promise.all(times(count, act))
