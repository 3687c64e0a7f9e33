import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStream } from './event-stream.ts'

/** Who watches a run: a stream, and the key that it was opened with. */
export type Watcher = { readonly keyId: string; readonly stream: Pick<EventStream, 'show' | 'end'> }

export type RunWatch = {
  readonly streamsOf: (keyId: string) => number
  /** Shows a watcher the run whenever it changed, until it has ended. Returns how to stop. */
  readonly watch: (runId: string, watcher: Watcher) => () => void
  /** Ends all streams. */
  readonly close: () => void
}

export type RunWatchOptions = {
  readonly read: (runId: string) => Promise<{ readonly finishedAt: string | null }>
  /** Those of these keys that are in force. */
  readonly inForce: (keyIds: readonly string[]) => Promise<ReadonlySet<string>>
  readonly onError: (error: unknown, runId: string) => void
  /** How often a run is looked at, and how often the keys of its watchers, in ms. */
  readonly lookEveryMs?: number
  readonly checkKeysEveryMs?: number
}

/** One reader a run and process, however many watch it. A stream ends when the run has, or when its key is revoked or expires. */
export function openRunWatch(options: RunWatchOptions): RunWatch {
  const { read, inForce, onError, lookEveryMs = 500, checkKeysEveryMs = 2_000 } = options
  const watched = new Map<string, Set<Watcher>>()

  const follow = async (runId: string, watchers: Set<Watcher>) => {
    let checkedAt = performance.now()
    for (;;) {
      const run = await read(runId)
      const data = JSON.stringify(run)
      for (const { stream } of watchers) stream.show(data)
      if (run.finishedAt !== null) return
      await sleep(lookEveryMs)
      if (watchers.size === 0) return
      if (performance.now() - checkedAt < checkKeysEveryMs) continue
      const known = await inForce([...new Set([...watchers].map(({ keyId }) => keyId))])
      for (const watcher of watchers) if (!known.has(watcher.keyId)) endOne(watchers, watcher)
      checkedAt = performance.now()
    }
  }

  return {
    streamsOf: (keyId) =>
      [...watched.values()].reduce((sum, all) => sum + [...all].filter((one) => one.keyId === keyId).length, 0),
    watch: (runId, watcher) => {
      const watchers = watched.get(runId) ?? new Set()
      watchers.add(watcher)
      if (!watched.has(runId)) {
        watched.set(runId, watchers)
        void follow(runId, watchers)
          .catch((error: unknown) => onError(error, runId))
          .finally(() => {
            watched.delete(runId)
            for (const one of watchers) endOne(watchers, one)
          })
      }
      return () => void watchers.delete(watcher)
    },
    close: () => {
      for (const watchers of watched.values()) for (const one of watchers) endOne(watchers, one)
    },
  }
}

function endOne(watchers: Set<Watcher>, watcher: Watcher): void {
  watchers.delete(watcher)
  watcher.stream.end()
}
