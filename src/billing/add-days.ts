const DAY_MS = 86_400_000

/** The last result is kept, because all accounts of a bill run have one bill date, and most have the same terms. */
let last = { date: '', days: 0, sum: '' }

/** The date `days` after a date, both as `YYYY-MM-DD`. Counts calendar days, so time zones and summer time do not matter. */
export function addDays(date: string, days: number): string {
  if (last.date !== date || last.days !== days) {
    last = { date, days, sum: new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10) }
  }
  return last.sum
}
