import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The delay, in ms: the first requests to a process that is ready come first. */
const DELAY_MS = 1_000

/**
 * Releases the memory that loading the code took, some 60 MB in the API, by one garbage collection of about 60 ms. Without it V8 keeps the
 * memory for as long as the process has little to do. The heap may grow again later.
 */
export function releaseStartMemory(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as NodeJS.GCFunction
    gc({ type: 'major', flavor: 'last-resort', execution: 'sync' })
  }, DELAY_MS).unref()
}
