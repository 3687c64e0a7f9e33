import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { Credit, CreditStatus } from '../db/schema.ts'
import { keysetPage, type Page } from './keyset.ts'

export type CreditRow = Selectable<Credit> & {
  /** The caller's key for its account. */
  readonly key: string
  readonly account_name: string
  readonly currency: string
  readonly invoice_number: number | null
  readonly reversed_on_invoice_number: number | null
}

export type CreditFilter = {
  readonly accountId: number | undefined
  readonly status: CreditStatus | undefined
  /** Whether bill runs disburse it, or a person. */
  readonly automatic: boolean | undefined
  /** Only issued credits with something left to disburse. */
  readonly hasLeft: boolean
}

/** A page of credits, newest first. */
export function listCredits(
  db: Db,
  { accountId, status, automatic, hasLeft, ...page }: Page<string> & CreditFilter,
): Promise<readonly CreditRow[]> {
  const given = [
    { column: 'credit.account_id', type: 'bigint', value: accountId },
    { column: 'credit.status', type: 'credit_status', value: status },
    { column: 'credit.automatic_disbursement', type: 'boolean', value: automatic },
  ].filter(({ value }) => value !== undefined)
  // What is left has indexes of its own, by account and of all.
  const hasLead = accountId !== undefined || !hasLeft
  const [lead] = hasLead ? given : []
  const filters = given
    .slice(lead ? 1 : 0)
    .map(({ column, type, value }) => sql`${sql.ref(column)} = ${value}::${sql.raw(type)}`)
  if (hasLeft) filters.push(sql`credit.status = 'issued' and credit.disbursed < credit.amount`)
  if (hasLeft && status !== undefined && status !== 'issued') filters.push(sql`false`)
  const order = { 'credit.id': 'uuid' }
  return selectCredits(db, keysetPage({ ...(lead ? { lead } : {}), order, direction: 'desc', filters, ...page }))
}

export async function readCredit(db: Db | Tx, creditId: string): Promise<CreditRow | undefined> {
  return (await selectCredits(db, sql`where credit.id = ${creditId}::uuid`))[0]
}

/**
 * Credits with their accounts and invoices. `which` is the SQL after `from`. Accounts and invoices are looked up row by row; `limit 1`
 * keeps the planner from joining, because a merge join of 50 rows may read half of the other table.
 */
async function selectCredits(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly CreditRow[]> {
  const { rows } = await sql<CreditRow>`
    select credit.*, account.key, account.name as account_name, account.currency, invoice.number as invoice_number,
      (select number from invoice where id = credit.reversed_on_invoice_id) as reversed_on_invoice_number
    from credit cross join lateral (select key, name, currency from account where id = credit.account_id limit 1) account
    left join lateral (select number from invoice where id = credit.invoice_id limit 1) invoice on true ${which}`.execute(
    db,
  )
  return rows
}
