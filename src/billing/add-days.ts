const DAY_MS = 86_400_000

/** The day that many days after a date; both are `YYYY-MM-DD`. Counts calendar days, so no time zone or clock change matters. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}
