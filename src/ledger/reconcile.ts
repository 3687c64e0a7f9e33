import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/open.ts'

export type ReconcileCheck = {
  readonly name: string
  readonly description: string
  /** How many rows break the rule, counted up to a limit. */
  readonly violations: number
  /** Some of them, in words. */
  readonly examples: readonly string[]
}

export type ReconcileReport = { readonly ok: boolean; readonly checks: readonly ReconcileCheck[] }

type Rule = { readonly name: string; readonly description: string; readonly broken: RawBuilder<{ what: string }> }

/** Violations counted of each rule at most: more would tell nobody more. */
const MOST = 1_000

/** Each line of "What must hold at all times" in domain.md, as a query for what breaks it. None of them trusts a constraint or a stored sum. */
const RULES: readonly Rule[] = [
  {
    name: 'invoice_totals',
    description: 'Every invoice: total charge, total and balance are what its transactions and disbursements add up to',
    broken: sql`
      select format('invoice %s: total charge %s (adds up to %s), total %s (%s), balance %s (%s)', i.number,
        i.total_charge, coalesce(t.charges, 0), i.total, coalesce(t.total, 0), i.balance, coalesce(t.total, 0) - coalesce(d.disbursed, 0)) as what
      from invoice i
      left join (
        select invoice_id, sum(amount) filter (where type = 'charge') as charges,
          coalesce(sum(amount) filter (where type in ('charge', 'reversed_credit')), 0) as total
        from invoice_transaction group by invoice_id) t on t.invoice_id = i.id
      left join (select invoice_id, sum(amount) as disbursed from disbursement group by invoice_id) d on d.invoice_id = i.id
      where (i.total_charge, i.total, i.balance)
          is distinct from (coalesce(t.charges, 0), coalesce(t.total, 0), coalesce(t.total, 0) - coalesce(d.disbursed, 0))
        or i.balance < 0 or i.balance > i.total or t.invoice_id is null`,
  },
  {
    name: 'credit_left',
    description:
      'Every credit: what it has left is its amount minus its disbursements, and between zero and its amount',
    broken: sql`
      select format('credit %s: disbursed %s, its disbursements add up to %s of %s', c.id, c.disbursed, coalesce(d.disbursed, 0), c.amount) as what
      from credit c left join (select credit_id, sum(amount) as disbursed from disbursement group by credit_id) d on d.credit_id = c.id
      where c.disbursed <> coalesce(d.disbursed, 0) or c.disbursed < 0 or c.disbursed > c.amount or c.amount <= 0`,
  },
  {
    name: 'credit_status',
    description:
      'Every credit: its status agrees with its transactions, and those with its amount and the invoices that it names',
    broken: sql`
      select format('credit %s is %s, with %s credit and %s reversed credit transactions', c.id, c.status, coalesce(t.attached, 0), coalesce(t.reversed, 0)) as what
      from credit c
      left join (
        select credit_id, count(*) filter (where type = 'credit') as attached, count(*) filter (where type = 'reversed_credit') as reversed,
          min(invoice_id::text) filter (where type = 'credit') as attached_to, min(invoice_id::text) filter (where type = 'reversed_credit') as reversed_on,
          min(amount) as least, max(amount) as most
        from invoice_transaction where credit_id is not null group by credit_id) t on t.credit_id = c.id
      where coalesce(t.attached, 0) <> case when c.status in ('pending', 'deleted') then 0 else 1 end
        or coalesce(t.reversed, 0) <> case when c.status = 'reversed' then 1 else 0 end
        or t.attached_to is distinct from c.invoice_id::text or t.reversed_on is distinct from c.reversed_on_invoice_id::text
        or t.least <> c.amount or t.most <> c.amount
        or c.status = 'reversed' and c.disbursed <> c.amount`,
  },
  {
    name: 'billed_charges',
    description:
      'Every billed charge stands on exactly one invoice, as one transaction of its amount; a pending one on none',
    broken: sql`
      select format('charge %s of %s is %s, with %s transactions of %s', c.id, c.amount, case when c.billed then 'billed' else 'pending' end,
        coalesce(t.times, 0), t.amount) as what
      from charge c
      left join (select charge_id, count(*) as times, sum(amount) as amount from invoice_transaction where charge_id is not null group by charge_id) t
        on t.charge_id = c.id
      where coalesce(t.times, 0) <> case when c.billed then 1 else 0 end or t.amount <> c.amount`,
  },
  {
    name: 'one_invoice_a_run',
    description: 'At most one invoice for each bill run and account',
    broken: sql`
      select format('bill run %s made %s invoices for account %s', bill_run_id, count(*), (select key from account where id = account_id)) as what
      from invoice group by bill_run_id, account_id having count(*) > 1`,
  },
  {
    name: 'invoice_numbers',
    description: 'Invoice numbers count up by one from 1, without gap or repeat, to where the counter stands',
    broken: sql`
      select format('%s invoices are numbered from %s to %s (%s different numbers), the counter stands at %s', count(i.id), min(i.number), max(i.number),
        count(distinct i.number), c.last_number) as what
      from (select coalesce(max(last_number), -1) as last_number from invoice_counter) c left join invoice i on true group by c.last_number
      having count(i.id) <> c.last_number or count(distinct i.number) <> c.last_number
        or coalesce(min(i.number), 1) <> 1 or coalesce(max(i.number), 0) <> c.last_number`,
  },
  {
    name: 'conservation',
    description:
      'Every account: balances less what credits have left is billed charges less issued credits plus reversed credits',
    broken: sql`
      select format('account %s owes %s, what was entered adds up to %s', key, owed, entered) as what from (
        select a.key, coalesce(i.balances, 0) - coalesce(c.lefts, 0) as owed,
          coalesce(ch.billed, 0) - coalesce(c.issued, 0) + coalesce(c.reversed, 0) as entered
        from account a
        left join (select account_id, sum(balance) as balances from invoice group by account_id) i on i.account_id = a.id
        left join (select account_id, sum(amount) as billed from charge where billed group by account_id) ch on ch.account_id = a.id
        left join (
          select account_id, sum(amount - disbursed) filter (where status in ('issued', 'reversal_pending')) as lefts,
            sum(amount) filter (where status in ('issued', 'reversal_pending', 'reversed')) as issued,
            sum(amount) filter (where status = 'reversed') as reversed
          from credit group by account_id) c on c.account_id = a.id) sums
      where owed <> entered`,
  },
  {
    name: 'one_account_one_currency',
    description: 'What meets is of one account, and so of its one currency',
    broken: sql`
      select format('invoice %s holds an entry of another account', i.number) as what from invoice_transaction t
      join invoice i on i.id = t.invoice_id
      left join charge ch on ch.id = t.charge_id left join credit cr on cr.id = t.credit_id
      where i.account_id <> t.account_id or i.account_id <> coalesce(ch.account_id, cr.account_id)
      union all
      select format('disbursement %s is between two accounts', d.id) from disbursement d
      join invoice i on i.id = d.invoice_id join credit c on c.id = d.credit_id
      where i.account_id <> d.account_id or c.account_id <> d.account_id`,
  },
  {
    name: 'accepted_jobs',
    description: 'Every credit that was accepted and carried out is there once, with the amount that was accepted',
    broken: sql`
      select format('job %s is %s, its credit %s is %s', j.id, j.status, j.credit_id, coalesce(c.amount::text, 'not there')) as what
      from job j left join credit c on c.id = j.credit_id
      where j.type = 'credit' and (j.status = 'done') <> (c.id is not null)
        or j.type = 'credit' and c.id is not null and c.amount <> (j.request->>'amount')::numeric`,
  },
  {
    name: 'bill_run_counts',
    description: "Every bill run's counts and sums are those of the invoices that it made",
    broken: sql`
      with made as (
        select i.bill_run_id, a.currency, count(*)::numeric as invoices, sum(i.total_charge) as charged, sum(t.issued) as issued,
          sum(t.issued_amount) as issued_amount, sum(t.reversed) as reversed, sum(t.reversed_amount) as reversed_amount
        from invoice i join account a on a.id = i.account_id
        left join (
          select invoice_id, count(*) filter (where type = 'credit') as issued, coalesce(sum(amount) filter (where type = 'credit'), 0) as issued_amount,
            count(*) filter (where type = 'reversed_credit') as reversed, coalesce(sum(amount) filter (where type = 'reversed_credit'), 0) as reversed_amount
          from invoice_transaction group by invoice_id) t on t.invoice_id = i.id
        group by 1, 2),
      counted as (
        select bill_run_id, currency, sum(invoices)::numeric as invoices, sum(charged) as charged, sum(credits_issued_count)::numeric as issued,
          sum(credits_issued_amount) as issued_amount, sum(credits_reversed_count)::numeric as reversed, sum(credits_reversed_amount) as reversed_amount
        from bill_batch_total group by 1, 2)
      select format('bill run %s made %s invoices with charges of %s %s and counted %s with %s', coalesce(m.bill_run_id, c.bill_run_id),
        coalesce(m.invoices, 0), coalesce(m.charged, 0), coalesce(m.currency, c.currency), coalesce(c.invoices, 0), coalesce(c.charged, 0)) as what
      from made m full join counted c on c.bill_run_id = m.bill_run_id and c.currency = m.currency
      where (m.invoices, m.charged, m.issued, m.issued_amount, m.reversed, m.reversed_amount)
        is distinct from (c.invoices, c.charged, c.issued, c.issued_amount, c.reversed, c.reversed_amount)
      union all
      select format('bill run %s counted %s accounts as billed and made %s invoices', b.bill_run_id, b.billed, coalesce(i.invoices, 0))
      from (select bill_run_id, sum(billed) as billed from bill_batch group by 1) b
      left join (select bill_run_id, count(*) as invoices from invoice group by 1) i on i.bill_run_id = b.bill_run_id
      where b.billed <> coalesce(i.invoices, 0)
      union all
      -- A disbursement does not name its run, so what all runs disbursed is compared.
      select format('bill runs disbursed %s %s and counted %s', coalesce(m.disbursed, 0), coalesce(m.currency, c.currency), coalesce(c.disbursed, 0))
      from (select a.currency, sum(d.amount) as disbursed from disbursement d join account a on a.id = d.account_id where d.automatic group by 1) m
      full join (select currency, sum(disbursed) as disbursed from bill_batch_total group by 1) c on c.currency = m.currency
      where coalesce(m.disbursed, 0) <> coalesce(c.disbursed, 0)`,
  },
]

/**
 * Proves every line of "What must hold at all times" (domain.md) over the whole database, in one snapshot, so that work may go on
 * meanwhile. Reads everything: minutes, for millions of accounts. `onRule` is told of each rule before it is checked.
 */
export async function reconcile(
  db: Db,
  onRule: (rule: { name: string; index: number; of: number }) => void = () => {},
): Promise<ReconcileReport> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      await sql`set local statement_timeout = 0`.execute(tx)
      await sql`set local work_mem = '256MB'`.execute(tx)
      const checks: ReconcileCheck[] = []
      for (const [index, { name, description, broken }] of RULES.entries()) {
        onRule({ name, index, of: RULES.length })
        const { rows } = await sql<{ what: string }>`select what from (${broken}) broken limit ${MOST}`.execute(tx)
        checks.push({ name, description, violations: rows.length, examples: rows.slice(0, 5).map(({ what }) => what) })
      }
      return { ok: checks.every(({ violations }) => violations === 0), checks }
    })
}
