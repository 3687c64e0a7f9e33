import { sql } from 'kysely'
import { expect } from 'vitest'
import { Money } from '../../src/money.ts'
import { ENTRIES } from './entries.ts'
import { countOf, type World } from './world.ts'

/** What a run says of its accounts. */
export async function countsOf(world: World, billRunId: string) {
  const { rows } = await sql<{ accounts: number; billed: number; nothing: number; failed: number }>`
    select coalesce(sum(accounts) filter (where status in ('done', 'failed')), 0)::integer as accounts,
      coalesce(sum(billed), 0)::integer as billed, coalesce(sum(nothing_to_bill), 0)::integer as nothing,
      count(*) filter (where status = 'failed')::integer as failed
    from bill_batch where bill_run_id = ${billRunId}::uuid`.execute(world.db)
  return rows[0] as (typeof rows)[number]
}

/** A run says of its accounts and its sums just what came of it. */
export async function expectExactCounts(
  world: World,
  billRunId: string,
  {
    accounts,
    billed,
    nothing = 0,
    failed = 0,
  }: { accounts: number; billed: number; nothing?: number; failed?: number },
): Promise<void> {
  expect(await countsOf(world, billRunId)).toEqual({ accounts, billed, nothing, failed })
  expect(await countOf(world.db, 'invoice', `bill_run_id = '${billRunId}'`)).toBe(billed)
  await expectExactTotals(world, billRunId)
}

/**
 * What a run says that it did, against what its invoices hold. What it disbursed was written at the moment at which its batch was
 * closed, as nothing else was: a batch is one transaction.
 */
export async function expectExactTotals(world: World, billRunId: string): Promise<void> {
  type Total = {
    currency: string
    invoices: number
    charged: string
    issued: string
    reversed: string
    disbursed: string
  }
  const { rows: said } = await sql<Total>`
    select currency, sum(invoices)::integer as invoices, sum(charged) as charged,
      sum(credits_issued_count) || ' of ' || trim_scale(sum(credits_issued_amount)) as issued,
      sum(credits_reversed_count) || ' of ' || trim_scale(sum(credits_reversed_amount)) as reversed, sum(disbursed) as disbursed
    from bill_batch_total where bill_run_id = ${billRunId}::uuid group by currency order by currency`.execute(world.db)
  const { rows: made } = await sql<Total>`
    select a.currency, count(*)::integer as invoices, sum(charged) as charged,
      sum(t.issued) || ' of ' || trim_scale(sum(t.issued_amount)) as issued,
      sum(t.reversed) || ' of ' || trim_scale(sum(t.reversed_amount)) as reversed, sum(t.disbursed) as disbursed
    from invoice i join account a on a.id = i.account_id,
    lateral (
      select coalesce(sum(amount) filter (where type = 'charge'), 0) as charged,
        count(*) filter (where type = 'credit') as issued, coalesce(sum(amount) filter (where type = 'credit'), 0) as issued_amount,
        count(*) filter (where type = 'reversed_credit') as reversed, coalesce(sum(amount) filter (where type = 'reversed_credit'), 0) as reversed_amount,
        (select coalesce(sum(d.amount), 0) from disbursement d
         join bill_batch b on b.finished_at = d.created_at and b.bill_run_id = i.bill_run_id and i.account_id = any(b.account_ids)
         where d.account_id = i.account_id and d.automatic) as disbursed
      from ${sql.raw(ENTRIES)} entry where invoice_id = i.id) t
    where i.bill_run_id = ${billRunId}::uuid group by a.currency order by a.currency`.execute(world.db)
  const exact = ({ charged, disbursed, ...rest }: Total) => ({
    ...rest,
    charged: new Money(charged).toFixed(),
    disbursed: new Money(disbursed).toFixed(),
  })
  expect(said.map(exact)).toEqual(made.map(exact))
}
