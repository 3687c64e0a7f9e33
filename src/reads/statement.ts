import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import { accountNotFound, SUMS } from './accounts.ts'
import type { Page } from './keyset.ts'

export type StatementEntryKind = 'invoice' | 'disbursement'

/** The place of an entry: its moment to the microsecond, its kind, and the id of the invoice or disbursement. */
export type StatementPlace = { readonly at: string; readonly kind: StatementEntryKind; readonly id: string }

/** Each raises or lowers what the account owes. */
export type StatementEntryRow = {
  readonly kind: StatementEntryKind
  readonly id: string
  /** Its moment to the microsecond. */
  readonly place: string
  readonly debit: string
  readonly credit: string
  /** What the account owed after it. */
  readonly balance: string
  readonly currency: string
  readonly invoice_id: string
  readonly number: number
  /** Of an invoice. */
  readonly issued_on: string
  /** The credits that are reversed on an invoice, the first of them. */
  readonly reversed: readonly { readonly id: string; readonly reason: string; readonly amount: string }[]
  /** Of a disbursement. */
  readonly automatic: boolean | null
  readonly credit_id: string | null
  readonly reason: string | null
  readonly reference: string | null
}

export type StatementRow = {
  readonly key: string
  readonly currency: string
  /** What it owes now, and what its credits have left. */
  readonly balance: string
  readonly credit_left: string
  readonly opening: string
  readonly closing: string
  readonly debits: string
  readonly credits: string
  readonly entries: readonly StatementEntryRow[]
  /** Over its whole life: what its charges, its credits by their status, and its disbursements add up to. */
  readonly charged: string
  readonly issued: string
  readonly reversed: string
  readonly disbursed: string
}

export type StatementRange = {
  /** The start of the range, included. */
  readonly from: Date | undefined
  /** The end of the range, excluded. */
  readonly to: Date | undefined
}

/** How many charges are added up for the proof. Of an account with more, its invoices' totals are taken. */
export const MAX_CHARGES_ADDED_UP = 100_000
/** How many of the credits that are reversed on an invoice an entry names. */
const MAX_REVERSED_SHOWN = 20

/**
 * A page of an account's invoices and disbursements, oldest first, with what it owed after each, and sums over its whole life. An invoice has
 * no time of its own: its moment is the one in its id. A disbursement stands after its invoice, whichever clock was ahead.
 *
 * It is one statement, so that all figures are of the same moment. It adds up every invoice and disbursement of the account, at about 2 us
 * each. Throws a Refusal `account_not_found`.
 */
export async function readStatement(
  db: Db,
  key: string,
  { from, to, after, limit }: Page<StatementPlace> & StatementRange,
): Promise<StatementRow> {
  const beyond = after
    ? sql`(at, kind = 'disbursement', id) > (${after.at}::timestamptz, ${after.kind === 'disbursement'}::boolean, ${after.id}::uuid)`
    : sql`true`
  const { rows } = await sql<StatementRow>`
    with this as (select account.*, ${SUMS} from account where key = ${key}),
    billed as (
      select invoice.*, coalesce(uuid_extract_timestamp(invoice.id), issued_on::timestamptz) as at
      from invoice where account_id = (select id from this)),
    entry as (
      select 'invoice' as kind, id, at, total as debit, 0 as credit, id as invoice_id, null::uuid as credit_id, null::boolean as automatic
      from billed
      union all
      select 'disbursement', made.id, greatest(made.created_at, billed.at), 0, made.amount, billed.id, made.credit_id, made.automatic
      from billed cross join lateral (
        select * from disbursement where invoice_id = billed.id order by invoice_id, id offset 0) made),
    running as (
      select *, sum(debit - credit) over (order by at, kind = 'disbursement', id rows unbounded preceding) as balance from entry),
    page as (
      select * from running where ${isIn({ from, to })} and ${beyond} order by at, kind = 'disbursement', id limit ${limit})
    select key, currency, balance, credit_left, in_range.*, life.*, (
      select coalesce(json_agg(shown order by place, kind = 'disbursement', id), '[]') from (
        select page.kind, page.id, to_char(page.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place, debit::text, page.credit::text,
          page.balance::text, this.currency, invoice_id, number, issued_on, automatic, credit_id, of_credit.reason, of_credit.reference, reversed.list as reversed
        from page cross join this cross join lateral (select number, issued_on from invoice where id = page.invoice_id limit 1) invoice
        left join lateral (select reason, reference from credit where id = page.credit_id limit 1) of_credit on true
        cross join lateral (
          select coalesce(json_agg(json_build_object('id', id, 'reason', reason, 'amount', amount::text) order by created_at, id), '[]') as list from (
            select id, reason, amount, created_at from credit where page.kind = 'invoice' and reversed_on_invoice_id = page.id
            order by reversed_on_invoice_id, created_at, id limit ${sql.lit(MAX_REVERSED_SHOWN)}) credit) reversed) shown) as entries
    from this cross join lateral (
      select coalesce(sum(debit - credit) filter (where at < ${from ?? '-infinity'}::timestamptz), 0) as opening,
        coalesce(sum(debit - credit) filter (where at < ${to ?? 'infinity'}::timestamptz), 0) as closing,
        coalesce(sum(debit) filter (where ${isIn({ from, to })}), 0) as debits, coalesce(sum(credit) filter (where ${isIn({ from, to })}), 0) as credits,
        coalesce(sum(credit), 0) as disbursed
      from entry) in_range
    cross join lateral (
      select case when (select sum(transaction_count) from billed) <= ${sql.lit(MAX_CHARGES_ADDED_UP)}
        then (select coalesce(sum(charge.amount), 0) from billed cross join lateral (
          select amount from charge where invoice_id = billed.id order by invoice_id, charged_on, id limit ${sql.lit(MAX_CHARGES_ADDED_UP)}) charge)
        else (select coalesce(sum(total_charge), 0) from billed) end as charged,
        coalesce(sum(amount) filter (where status in ('issued', 'reversal_pending', 'reversed')), 0) as issued,
        coalesce(sum(amount) filter (where status = 'reversed'), 0) as reversed
      from credit where account_id = this.id) life`.execute(db)
  const [statement] = rows
  if (!statement) throw accountNotFound(key)
  return statement
}

const isIn = ({ from, to }: StatementRange) =>
  sql`at >= ${from ?? '-infinity'}::timestamptz and at < ${to ?? 'infinity'}::timestamptz`
