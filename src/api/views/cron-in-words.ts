const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const MONTHS = [
  '',
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/**
 * A cron expression of five fields in words, such as "Every day at 02:00". Null for the rarer forms, for which the expression itself is
 * clearer: steps and ranges of hours or of days of the month, and days of the month together with days of the week.
 */
export function cronInWords(cron: string): string | null {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().toUpperCase().split(/\s+/)
  const days = daysInWords(day, month, weekday)
  if (days === undefined) return null
  const times = timesInWords(minute, hour)
  if (times !== undefined) return `${days} at ${times}`
  const interval = intervalInWords(minute, hour)
  if (interval === undefined) return null
  return days === 'Every day' ? interval : `${days}, ${interval.toLowerCase()}`
}

/** "02:00 and 14:00": one minute, of one hour or of several. */
function timesInWords(minute: string, hour: string): string | undefined {
  const hours = hour.split(',')
  if (!isNumber(minute) || !hours.every(isNumber)) return undefined
  return listed(hours.map((one) => `${one.padStart(2, '0')}:${minute.padStart(2, '0')}`))
}

function intervalInWords(minute: string, hour: string): string | undefined {
  if (hour !== '*') return undefined
  if (minute === '*' || minute === '*/1') return 'Every minute'
  if (isNumber(minute)) return `Every hour at minute ${Number(minute)}`
  const [, every] = minute.match(/^\*\/(\d+)$/) ?? []
  // Every 7 minutes begins anew with each hour: that is not every 7 minutes.
  return every !== undefined && 60 % Number(every) === 0 ? `Every ${Number(every)} minutes` : undefined
}

function daysInWords(day: string, month: string, weekday: string): string | undefined {
  const months = month === '*' ? undefined : namesOf(month, MONTHS)
  if (month !== '*' && months === undefined) return undefined
  if (isAny(day) && isAny(weekday)) return months === undefined ? 'Every day' : `Every day in ${months}`
  if (isAny(day)) {
    const names = namesOf(weekday, DAYS)
    return names && (months === undefined ? names : `${names}, in ${months}`)
  }
  if (!isAny(weekday)) return undefined
  if (day === 'L') return `On the last day of ${months ?? 'every month'}`
  const dates = day.split(',')
  if (!dates.every(isNumber)) return undefined
  const numbers = dates.map((date) => String(Number(date)))
  return months === undefined
    ? `On day${dates.length > 1 ? 's' : ''} ${listed(numbers)} of every month`
    : `On ${listed(numbers)} ${months}`
}

/** "Monday to Friday", "June and December": numbers or the first three letters of names, each alone or as a range. */
function namesOf(field: string, names: readonly string[]): string | undefined {
  const nameOf = (part: string) =>
    isNumber(part)
      ? names[Number(part)] || undefined
      : names.find((name) => part.length === 3 && name.toUpperCase().startsWith(part))
  const parts = field.split(',').map((part) => {
    const ends = part.split('-').map(nameOf)
    return ends.length > 2 || ends.includes(undefined) ? undefined : ends.join(' to ')
  })
  return parts.every((part) => part !== undefined) ? listed(parts) : undefined
}

const isAny = (field: string) => field === '*' || field === '?'
const isNumber = (field: string) => /^\d{1,2}$/.test(field)

const listed = (items: readonly string[]) =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
