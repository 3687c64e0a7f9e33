import type { Logger } from 'pino'

/** Does something at once and then again and again, this many ms after it ended. Returns how to stop, which waits for what is under way. */
export function every(intervalMs: number, what: string, work: () => Promise<void>, log: Logger): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let underWay: Promise<void> = Promise.resolve()
  const round = () => {
    underWay = work()
      .catch((error: unknown) => log.warn({ err: error, what }, 'did not work out, to be tried again'))
      .then(() => {
        if (!stopped) timer = setTimeout(round, intervalMs)
      })
  }
  round()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await underWay
  }
}
