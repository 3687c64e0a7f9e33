import type { Logger } from 'pino'

/**
 * Runs `work` at once, and again `intervalMs` after each run has ended. A run that fails is logged. Returns a function that stops the
 * repetition and waits for the run that is under way.
 */
export function repeatEvery(
  intervalMs: number,
  name: string,
  work: () => Promise<void>,
  log: Logger,
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let underWay: Promise<void> = Promise.resolve()
  const run = () => {
    underWay = work()
      .catch((error: unknown) => log.warn({ err: error, what: name }, 'failed, will be tried again'))
      .then(() => {
        if (!stopped) timer = setTimeout(run, intervalMs)
      })
  }
  run()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await underWay
  }
}
