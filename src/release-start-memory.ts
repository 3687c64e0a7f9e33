import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Not at once, in ms: what is asked of a process as soon as it is ready comes first. */
const AFTER_MS = 1_000

/**
 * Gives back what loading the code took, some 60 MB in the API. V8 would keep it for as long as a process has little to do. Once, about
 * 60 ms of work; V8's heap may grow again as before when there is much to do.
 */
export function releaseStartMemory(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as NodeJS.GCFunction
    gc({ type: 'major', flavor: 'last-resort', execution: 'sync' })
  }, AFTER_MS).unref()
}
