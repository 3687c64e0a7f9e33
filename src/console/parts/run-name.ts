import type { Invoice } from '../../api/types.ts'
import { shortDay } from './time.ts'

/** What a bill run is called: by its name, else by its schedule and its date. */
export function runName({ name, schedule, billDate }: Invoice['billRun']): string {
  if (name !== null) return name
  return schedule === null ? `as of ${shortDay(billDate)}` : `${schedule}, ${shortDay(billDate)}`
}
