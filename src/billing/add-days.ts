const DAY_MS = 86_400_000

/** The last answer: the accounts of a bill run have one bill date, and mostly the same terms. */
let last = { date: '', days: 0, sum: '' }

/** The day that many days after a date; both are `YYYY-MM-DD`. Counts calendar days, so no time zone or clock change matters. */
export function addDays(date: string, days: number): string {
  if (last.date !== date || last.days !== days) {
    last = { date, days, sum: new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10) }
  }
  return last.sum
}
