import { LRUCache } from 'lru-cache'
import type { ApiClient } from '../../client/api-client.ts'
import { isApiError } from '../../client/api-error.ts'
import { collectPages, maxPageSize } from '../../client/collect-pages.ts'

/** How many accounts are kept in mind, so that memory does not grow with the file. */
const MAX_KEPT = 100_000
/** With more unknown accounts at once than this, all are read in pages rather than each by itself. */
const MAX_ASKED_ONE_BY_ONE = 100
const LOOKUPS_AT_ONCE = 8

export type KnownAccounts = ReturnType<typeof openKnownAccounts>

/** Knows the currencies of the accounts that a file names. */
export function openKnownAccounts(client: ApiClient) {
  /** The currency of an account, by its key; '' for one that there is not. */
  const currencies = new LRUCache<string, string>({ max: MAX_KEPT })
  let listed = false

  async function listAll(): Promise<void> {
    listed = true
    let cursor: string | undefined
    for (let read = 0; read < MAX_KEPT; read += maxPageSize) {
      const page = await client.listAccounts({ limit: maxPageSize, cursor })
      for (const { accountId, currency } of page.data) currencies.set(accountId, currency)
      if (page.nextCursor === null) return
      cursor = page.nextCursor
    }
  }

  async function lookUp(accountId: string): Promise<void> {
    try {
      currencies.set(accountId, (await client.getAccount(accountId)).currency)
    } catch (error) {
      if (!isApiError(error) || error.code !== 'account_not_found') throw error
      currencies.set(accountId, '')
    }
  }

  return {
    /** Finds out about accounts, so that currencyOf can answer for them. */
    learn: async (accountIds: ReadonlySet<string>): Promise<void> => {
      const unknown = () => [...accountIds].filter((accountId) => !currencies.has(accountId))
      if (!listed && unknown().length > MAX_ASKED_ONE_BY_ONE) await listAll()
      const open = unknown()
      const lookUps = async () => {
        for (let next = open.pop(); next !== undefined; next = open.pop()) await lookUp(next)
      }
      await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, lookUps))
    },
    /** The currency of an account; undefined when there is no such account. */
    currencyOf: (accountId: string): string | undefined => currencies.get(accountId) || undefined,
    /** The account that is spelled most like it, if one is close. */
    nearest: async (accountId: string): Promise<string | undefined> => {
      if (!listed && currencies.size < MAX_ASKED_ONE_BY_ONE) {
        const { data } = await collectPages(client.listAccounts, maxPageSize)
        for (const one of data) currencies.set(one.accountId, one.currency)
      }
      let best: { readonly key: string; readonly distance: number } | undefined
      for (const [key, currency] of currencies.entries()) {
        if (currency === '' || Math.abs(key.length - accountId.length) > 2) continue
        const distance = editDistance(key.toLowerCase(), accountId.toLowerCase())
        if (distance <= 2 && distance < Math.min(best?.distance ?? 3, accountId.length)) best = { key, distance }
      }
      return best?.key
    },
  }
}

/** How many letters must be changed, added or left out to make one of the other. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row[other.length] ?? 0
}
