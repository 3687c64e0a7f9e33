import { StartError } from '../config.ts'
import { KINDS } from './kinds.ts'

/** The process that enqueues work without a live job, and does what is due at certain times. */
export const RELAY = 'relay'

/** The names of all worker processes, for when each runs by itself. One process may run several of them, or all. */
export const PROCESSES: readonly string[] = [...new Set(KINDS.map(({ process }) => process)), RELAY]

/** The processes named in a list such as `credit,reversal`; all of them without a list. Throws a StartError for an unknown name. */
export function parseProcesses(list: string | undefined): readonly string[] {
  if (list === undefined) return PROCESSES
  const named = [...new Set(list.split(','))]
  const unknown = named.filter((name) => !PROCESSES.includes(name))
  if (unknown.length > 0) {
    throw new StartError(
      `--kinds: there is no kind of work "${unknown.join('", "')}"; there are ${PROCESSES.join(', ')}`,
    )
  }
  return named
}

/** The name of a process that runs these, for its log and for the application name of its database connections. */
export const processName = (processes: readonly string[]) =>
  processes.length === PROCESSES.length ? 'worker' : `worker-${processes.join('-')}`
