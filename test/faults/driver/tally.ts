/** Counts by name. */
export type Tally = { readonly add: (name: string, by?: number) => void; readonly counts: () => Record<string, number> }

export function openTally(): Tally {
  const counts = new Map<string, number>()
  return {
    add: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    counts: () => Object.fromEntries([...counts].toSorted(([one], [other]) => one.localeCompare(other, 'en'))),
  }
}

export const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

export type Tallies = {
  readonly operations: Tally
  /** How calls were answered: a status with its code, or that no answer came. */
  readonly answers: Tally
  readonly faults: Tally
  readonly kills: Tally
  /** What is worth a look and fails no seed, in words. */
  readonly remarks: Tally
  /** Milliseconds from the SIGKILL of an API to its next answer. */
  readonly apiBackMs: number[]
}

export const openTallies = (): Tallies => ({
  operations: openTally(),
  answers: openTally(),
  faults: openTally(),
  kills: openTally(),
  remarks: openTally(),
  apiBackMs: [],
})
