import type { BillRun } from '../../api/types.ts'
import { longDay, shortDay } from './time.ts'

type Named = Pick<BillRun, 'name' | 'schedule' | 'billGroup' | 'billDate'>

/** A text with its first letter large. */
export const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** What a bill run is called in a heading: `Nightly, 30 November 2026`. */
export function runTitle({ name, schedule, billGroup, billDate }: Named): string {
  if (schedule !== null) return `${capital(schedule)}, ${longDay(billDate)}`
  if (name !== null) return name
  return billGroup === null ? `Named accounts, ${longDay(billDate)}` : `Group ${billGroup}, ${longDay(billDate)}`
}

/** The same in a line of a list or a sentence: `nightly, 30 Nov 2026`. */
export function runText({ name, schedule, billGroup, billDate }: Named): string {
  if (schedule !== null) return `${schedule}, ${shortDay(billDate)}`
  return name ?? (billGroup === null ? 'named accounts' : `group ${billGroup}`)
}
