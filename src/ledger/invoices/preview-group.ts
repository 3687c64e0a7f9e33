import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { cutBatches } from '../bill-runs/cut-batches.ts'
import { countPending, findPendingAccounts } from '../bill-runs/find-pending-accounts.ts'
import { readAccountStates } from './read-account-states.ts'
import { addToTally, EMPTY_TALLY, type PreviewTally } from './tally-preview.ts'

/** How many accounts are looked at in one transaction, and the charges in a batch at most, as in a bill run. */
const SLICE = 4_000
const MAX_ACCOUNTS = 2_000
const MAX_CHARGES = 10_000

export type GroupToPreview = {
  readonly billGroup: string
  /** YYYY-MM-DD */
  readonly billDate: string
  readonly slice?: number
}

/** How far a preview is. `share` is the part of the group's accounts that was looked at, from 0 to 1, estimated by their ids. */
export type PreviewProgress = { readonly accounts: number; readonly share: number }

/**
 * Works out what a bill run of a group would make, batch by batch, and yields how far it is; returns the sum of it. It selects the accounts
 * and decides as the bill run does, writes nothing and takes no lock. Each batch is of one moment, and all of them of several: an account is
 * in one batch. Between two batches it holds no connection, and whoever has enough of it stops there.
 */
export async function* previewGroup(
  reads: Db,
  { billGroup, billDate, slice = SLICE }: GroupToPreview,
): AsyncGenerator<PreviewProgress, PreviewTally> {
  const lastId = await lastOf(reads, billGroup)
  let tally = EMPTY_TALLY
  for (let after = 0; ; ) {
    const { batches, upTo } = await ofOneMoment(reads, async (tx) => {
      const found = await findPendingAccounts(tx, { billGroup, billDate, after, slice })
      const accounts = await countPending(tx, found.accountIds, billDate, MAX_CHARGES)
      return { upTo: found.upTo, batches: cutBatches(accounts, { maxAccounts: MAX_ACCOUNTS, maxCharges: MAX_CHARGES }) }
    })
    for (const ids of batches) {
      const accounts = await ofOneMoment(reads, (tx) => readAccountStates(tx, ids, billDate))
      tally = addToTally(tally, accounts, billDate)
      yield { accounts: tally.accounts, share: Math.min(1, (ids.at(-1) ?? 0) / lastId) }
    }
    if (upTo === undefined) return tally
    after = upTo
    yield { accounts: tally.accounts, share: Math.min(1, upTo / lastId) }
  }
}

function ofOneMoment<T>(reads: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return reads.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
}

/** The last internal id of the group's accounts, 1 at least. */
async function lastOf(reads: Db, billGroup: string): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`
    select max(id) as last from account where bill_group = ${billGroup}::text`.execute(reads)
  return rows[0]?.last ?? 1
}
