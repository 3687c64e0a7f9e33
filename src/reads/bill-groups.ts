import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { Page } from './keyset.ts'

/** How many accounts of a bill group are counted. */
export const MAX_ACCOUNTS_COUNTED = 100_000

export type BillGroupRow = { readonly bill_group: string; readonly accounts: number }

/**
 * A page of the bill groups that have accounts, by name, with how many they have. From each name the index leads to the next one, so that the accounts
 * between are passed over; they are counted in the index alone, up to MAX_ACCOUNTS_COUNTED of each group.
 */
export async function listBillGroups(db: Db, { after, limit }: Page<string>): Promise<readonly BillGroupRow[]> {
  const { rows } = await sql<BillGroupRow>`
    with recursive name as (
      (select bill_group, 1 as place from account where bill_group > ${after ?? ''} order by bill_group limit 1)
      union all
      select (select bill_group from account where bill_group > name.bill_group order by bill_group limit 1), place + 1
      from name where bill_group is not null and place < ${limit})
    select bill_group, accounts from name cross join lateral (
      select count(*) as accounts from (
        select from account where bill_group = name.bill_group limit ${sql.lit(MAX_ACCOUNTS_COUNTED)}) counted) counted
    where bill_group is not null order by bill_group`.execute(db)
  return rows
}
