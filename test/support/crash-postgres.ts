import { readdirSync, readFileSync } from 'node:fs'

/**
 * Ends a Postgres server and all of its processes at once, as a power cut does: nothing more is flushed. Returns only then, so that it can be done at an
 * exact moment.
 */
export function crashPostgres(postmaster: number): void {
  // The postmaster first: it would end the others in order, and start again.
  for (const pid of [postmaster, ...childrenOf(postmaster)]) signalIfRunning(pid, 'SIGKILL')
}

/** Sends a signal to a process, which may have ended already. */
export function signalIfRunning(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Each is in a process group of its own, so that a signal to the server's group does not reach them. */
function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // What comes before is the name of the program, which may have spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    // It has ended since.
    return undefined
  }
}
