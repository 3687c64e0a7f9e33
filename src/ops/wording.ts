import type { RunName } from './facts.ts'

const MINUTE = 60
const HOUR = 3_600
const DAY = 86_400

/** A duration as it is said: "14 min". */
export function sayDuration(seconds: number): string {
  if (seconds < 1) return 'under a second'
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`
  if (seconds < 2 * HOUR) return `${Math.floor(seconds / MINUTE)} min`
  if (seconds < 3 * DAY) return `${Math.floor(seconds / HOUR)} h`
  return `${Math.floor(seconds / DAY)} days`
}

const NUMBERS = 'No One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve'.split(' ')

/** A number at the beginning of a sentence. */
export const sayNumber = (count: number) => NUMBERS[count] ?? group(count)

/** A count or an amount with its thousands apart: "3,120". */
export const group = (value: number | string) => {
  const [whole = '', ...decimals] = String(value).split('.')
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...decimals].join('.')
}

/** "1 credit", "3,120 credits". */
export const sayCount = (count: number, one: string, many = `${one}s`) => `${group(count)} ${count === 1 ? one : many}`

/** A business date in prose: "30 Nov 2026". */
export function sayDate(date: string): string {
  const [year, month, day] = date.split('-').map(Number)
  const name = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[(month ?? 1) - 1]
  return `${day} ${name} ${year}`
}

/** A bill run: "nightly, 30 Nov 2026". */
export const sayRun = ({ schedule_name, name, bill_group, bill_date }: RunName) =>
  `${schedule_name ?? name ?? bill_group ?? 'named accounts'}, ${sayDate(bill_date)}`

/** The kind of work, as it is said of one: "bill batch". */
export const sayKind = (kind: string) => kind.replaceAll('-', ' ')
