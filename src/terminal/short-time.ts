/** A moment as people read it, to the minute in the terminal's time zone: `30 Nov 02:13`, with the year when it is another. */
export function shortTime(time: string | null, now: Date = new Date()): string {
  if (time === null) return ''
  const at = new Date(time)
  const day = at.toLocaleDateString('en-GB', { day: '2-digit', month: 'short' })
  const year = at.getFullYear() === now.getFullYear() ? '' : ` ${at.getFullYear()}`
  return `${day}${year} ${at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`
}

/** A date as people read it: `30 Nov 2026`. It is never converted to a time zone. */
export function longDate(date: string): string {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
}

/** A moment in a time zone, which is named: `Mon, 30 Nov 2026, 02:00 Europe/London`. */
export function timeInZone(time: string, timeZone: string): string {
  const shown = new Date(time).toLocaleString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  })
  return `${shown} ${timeZone}`
}
