import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { Page } from './keyset.ts'

/** The place of a charge in the list of its account. `number` is that of its invoice; undefined while it is pending. */
export type ChargePlace = {
  readonly number: number | undefined
  readonly chargedOn: string
  readonly id: string
}

export type ChargeRow = {
  readonly id: string
  readonly key: string
  readonly amount: string
  readonly currency: string
  readonly description: string
  readonly charged_on: string
  readonly reference: string | null
  readonly created_at: Date
  readonly invoice_id: string | null
  readonly invoice_number: number | null
}

export type ChargeFilter = {
  readonly account: { readonly id: number; readonly key: string; readonly currency: string }
  readonly status: 'pending' | 'billed' | undefined
}

/**
 * A page of an account's charges: the pending ones, then those of each invoice, newest first. The billed ones are found by their invoices, because
 * an index of an account's charges would cost every charge that a bill run stamps. The pending ones are sorted, at 0.4 us each.
 */
export async function listCharges(
  db: Db,
  { account, status, after, limit }: Page<ChargePlace> & ChargeFilter,
): Promise<readonly ChargeRow[]> {
  const parts = [
    ...(status === 'billed' || after?.number !== undefined ? [] : [pending(account.id, after, limit)]),
    ...(status === 'pending' ? [] : [billed(account.id, after, limit)]),
  ]
  if (parts.length === 0) return []
  const { rows } = await sql<ChargeRow>`
    select charge.*, ${account.key} as key, ${account.currency} as currency from (${sql.join(parts, sql` union all `)}) charge
    order by invoice_number desc nulls first, charged_on desc, id desc limit ${limit}`.execute(db)
  return rows
}

const COLUMNS = sql`id, amount, description, charged_on, reference, created_at, invoice_id`

function pending(accountId: number, after: ChargePlace | undefined, limit: number) {
  const rest = after ? sql`(charged_on, id) < (${after.chargedOn}::date, ${after.id}::uuid)` : sql`true`
  return sql`
    (select ${COLUMNS}, null::bigint as invoice_number from charge where account_id = ${accountId} and invoice_id is null and ${rest}
    order by charged_on desc, id desc limit ${limit})`
}

/** Each of so many invoices with charges has one at least, so that no more of them are needed for a page. */
function billed(accountId: number, after: ChargePlace | undefined, limit: number) {
  const number = after?.number
  const from = number === undefined ? sql`true` : sql`number <= ${number}::bigint`
  const rest =
    after && number !== undefined
      ? sql`(invoice.number < ${number}::bigint or (charged_on, id) < (${after.chargedOn}::date, ${after.id}::uuid))`
      : sql`true`
  return sql`
    (select charge.*, number as invoice_number from (
      select id, number from invoice where account_id = ${accountId} and total_charge > 0 and ${from} order by account_id desc, number desc
      limit ${limit}) invoice
    cross join lateral (
      select ${COLUMNS} from charge where invoice_id = invoice.id and ${rest}
      order by invoice_id desc, charged_on desc, id desc limit ${limit}) charge)`
}
