import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Db } from '../db/open.ts'
import { addRequestCounts, type RequestCount } from '../ledger/rate-limits/add-request-counts.ts'
import { repeatEvery } from '../work/repeat-every.ts'

/** How often processes tell each other what they counted, in ms: by so much may a limit be overrun. */
const SHARE_EVERY_MS = 1_000
const WINDOW_MS = 60_000
const MAX_SUBJECTS = 10_000

/** How often something was counted in this minute, and in how many ms the next one begins. */
export type Counted = { readonly count: number; readonly resetInMs: number }

/** What is counted by the minute, a subject each: an API key, or an address. */
export type RequestCounts = {
  /** Counts once more. */
  readonly take: (subject: string) => Counted
  /** Takes back one that should not count. */
  readonly giveBack: (subject: string) => void
  readonly close: () => Promise<void>
}

/** `shared`: what the database knew when it was asked; `own`: what this process counted since. */
type Window = { shared: number; own: number; until: number }

/**
 * Counts in this process, and adds up with all others in the database once a second, so that a limit holds however many processes there are, and no
 * request waits for it. While the database is away each process counts alone.
 */
export function openRequestCounts(db: Db, log: Logger): RequestCounts {
  const windows = new LRUCache<string, Window>({ max: MAX_SUBJECTS })

  const windowOf = (subject: string): Window => {
    const now = performance.now()
    const known = windows.get(subject)
    if (known && known.until > now) return known
    const window = { shared: 0, own: 0, until: now + WINDOW_MS }
    windows.set(subject, window)
    return window
  }

  const share = async () => {
    const changed = [...windows].flatMap(([subject, window]) =>
      window.own === 0 ? [] : [{ subject, window, count: window.own }],
    )
    if (changed.length === 0) return
    const shared = new Map((await addRequestCounts(db, changed)).map((row) => [row.subject, row]))
    for (const { subject, window, count: told } of changed) {
      const { count, leftMs } = shared.get(subject) as RequestCount
      Object.assign(window, { shared: count, own: window.own - told, until: performance.now() + leftMs })
    }
  }

  const close = repeatEvery(SHARE_EVERY_MS, 'sharing the counts of requests', share, log)
  return {
    take: (subject) => {
      const window = windowOf(subject)
      window.own += 1
      return { count: window.shared + window.own, resetInMs: window.until - performance.now() }
    },
    giveBack: (subject) => {
      windowOf(subject).own -= 1
    },
    close,
  }
}

/** The address, or the network of an IPv6 one: who has one address of a /64 has them all. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address.slice(0, 64)
  const [before = '', after = ''] = address.split('::')
  const [head, tail] = [before.split(':').filter(Boolean), after.split(':').filter(Boolean)]
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return `${groups.slice(0, 4).join(':')}::/64`
}
