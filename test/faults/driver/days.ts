/** The latest day, counted from today, that a charge is dated or a run of the seed bills. */
export const FARTHEST_DAY = 15
/** The day of the last run of a seed: it bills everything. */
export const LAST_DAY = 20

/** `YYYY-MM-DD` in UTC, so many days from today. */
export const dayFromToday = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
