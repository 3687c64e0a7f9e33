import { StartError } from '../config.ts'
import { KINDS } from './kinds.ts'

/** The process that wakes what has no live job, and does what is due by the clock. */
export const RELAY = 'relay'

/** What worker processes there are, where each is a process of its own. One process may carry several of them, or all. */
export const PROCESSES: readonly string[] = [...new Set(KINDS.map(({ process }) => process)), RELAY]

/** The processes named in a list such as `credit,reversal`; all when there is no list. Throws a StartError for a name that is none. */
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

/** The name of a process that carries these, in its log and in the database's list of connections. */
export const processName = (processes: readonly string[]) =>
  processes.length === PROCESSES.length ? 'worker' : `worker-${processes.join('-')}`
