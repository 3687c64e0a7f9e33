import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'

/** An account, with the caller's own key for it. */
export type Account = { readonly id: number; readonly key: string; readonly currency: string }

export const accountNotFound = (key: string) => new Refusal('account_not_found', `there is no account ${key}`)

/** The accounts with these keys, by key. Unknown keys are left out. */
export async function findAccounts(db: Db | Tx, keys: readonly string[]): Promise<ReadonlyMap<string, Account>> {
  const { rows } = await sql<Account>`
    select id, key, currency from account where key = any(${[...new Set(keys)]}::text[]) order by id`.execute(db)
  return new Map(rows.map((account) => [account.key, account]))
}

/** The internal id of the account with this key; undefined without a key. Throws a Refusal `account_not_found`. */
export async function accountIdOf(db: Db | Tx, key: string | undefined): Promise<number | undefined> {
  if (key === undefined) return undefined
  const account = (await findAccounts(db, [key])).get(key)
  if (!account) throw accountNotFound(key)
  return account.id
}

/**
 * The internal ids of the accounts with these keys, each once, in id order. Throws a Refusal `account_not_found` that lists unknown keys.
 */
export async function accountIdsOf(db: Db | Tx, keys: readonly string[]): Promise<readonly number[]> {
  const accounts = await findAccounts(db, keys)
  const errors = keys.flatMap((key, index) =>
    accounts.has(key) ? [] : [{ pointer: `/accountIds/${index}`, message: `there is no account ${key}` }],
  )
  if (errors.length > 0) {
    const message = `${errors.length} of the ${keys.length} named accounts do not exist`
    throw new Refusal('account_not_found', message, errors.slice(0, 20))
  }
  return Array.from(accounts.values(), ({ id }) => id)
}
