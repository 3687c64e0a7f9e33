import { sql } from 'kysely'
import type { Rule } from './rule.ts'

export const BILL_RUN_RULES: readonly Rule[] = [
  {
    name: 'bill_run_status',
    description: 'Every bill run has ended if and only if its batches have ended, and its status agrees with theirs',
    ofRun: true,
    broken: ({ billRun, batch }) => sql`
      select format('bill run %s is %s, with %s open, %s failed and %s cancelled batches', r.id, r.status, coalesce(b.open, 0), coalesce(b.failed, 0),
        coalesce(b.cancelled, 0)) as what
      from ${billRun} r left join (
        select bill_run_id, count(*) filter (where status = 'open') as open, count(*) filter (where status = 'failed') as failed,
          count(*) filter (where status = 'cancelled') as cancelled
        from ${batch} b group by bill_run_id) b on b.bill_run_id = r.id
      where (r.finished_at is not null) <> (r.status in ('completed', 'completed_with_failures', 'cancelled'))
        or r.finished_at is not null and (not r.selected_all or b.open > 0)
        or (r.status = 'cancelled') <> (r.finished_at is not null and r.cancel_requested_at is not null)
        or r.status = 'queued' and b.bill_run_id is not null
        or r.status <> 'cancelled' and b.cancelled > 0
        or r.status = 'completed' and b.failed > 0
        or r.status = 'completed_with_failures' and coalesce(b.failed, 0) = 0`,
  },
  {
    name: 'bill_run_accounts',
    description: 'Every account of a bill run, and every account that it names, is in exactly one of its batches',
    ofRun: true,
    broken: ({ billRun, batch }) => sql`
      with of_batches as (
        select bill_run_id, unnest(account_ids) as account_id from ${batch} b where status <> 'split')
      select format('account %s is in %s batches of bill run %s', account_id, count(*), bill_run_id) as what
      from of_batches group by bill_run_id, account_id having count(*) > 1
      union all
      select format('bill run %s names %s accounts and has %s', r.id, cardinality(r.account_ids), coalesce(b.accounts, 0))
      from ${billRun} r left join (select bill_run_id, count(*) as accounts from of_batches group by 1) b on b.bill_run_id = r.id
      where r.status in ('completed', 'completed_with_failures') and cardinality(r.account_ids) <> coalesce(b.accounts, 0)`,
  },
  {
    name: 'bill_run_counts',
    description: 'The counts and sums of every batch of a bill run are those of the invoices that it made',
    ofRun: true,
    broken: ({ batch, batchTotal, invoice, entry }) => sql`
      with made as (
        select b.id, a.currency, count(*)::numeric as invoices, sum(i.total_charge) as charged, sum(t.issued) as issued,
          sum(t.issued_amount) as issued_amount, sum(t.reversed) as reversed, sum(t.reversed_amount) as reversed_amount
        from (select id, bill_run_id, unnest(account_ids) as account_id from ${batch} b where status <> 'split') b
        join ${invoice} i on i.bill_run_id = b.bill_run_id and i.account_id = b.account_id
        join account a on a.id = i.account_id
        left join (
          select invoice_id, count(*) filter (where type = 'credit') as issued, coalesce(sum(amount) filter (where type = 'credit'), 0) as issued_amount,
            count(*) filter (where type = 'reversed_credit') as reversed, coalesce(sum(amount) filter (where type = 'reversed_credit'), 0) as reversed_amount
          from ${entry} e group by invoice_id) t on t.invoice_id = i.id
        group by 1, 2),
      counted as (
        select bill_batch_id as id, currency, sum(invoices)::numeric as invoices, sum(charged) as charged, sum(credits_issued_count)::numeric as issued,
          sum(credits_issued_amount) as issued_amount, sum(credits_reversed_count)::numeric as reversed, sum(credits_reversed_amount) as reversed_amount
        from ${batchTotal} t group by 1, 2)
      select format('batch %s made %s invoices with charges of %s %s and counted %s with %s', coalesce(m.id, c.id),
        coalesce(m.invoices, 0), coalesce(m.charged, 0), coalesce(m.currency, c.currency), coalesce(c.invoices, 0), coalesce(c.charged, 0)) as what
      from made m full join counted c on c.id = m.id and c.currency = m.currency
      where (m.invoices, m.charged, m.issued, m.issued_amount, m.reversed, m.reversed_amount)
        is distinct from (c.invoices, c.charged, c.issued, c.issued_amount, c.reversed, c.reversed_amount)
      union all
      select format('batch %s of %s accounts is %s, billed %s, found nothing to bill for %s, and made %s invoices', b.id, cardinality(b.account_ids), b.status,
        b.billed, b.nothing_to_bill, coalesce(m.invoices, 0))
      from ${batch} b left join (select id, sum(invoices) as invoices from made group by id) m on m.id = b.id
      where b.billed <> coalesce(m.invoices, 0)
        or b.billed + b.nothing_to_bill <> case when b.status = 'done' then cardinality(b.account_ids) else 0 end
      union all
      select format('bill run %s counted %s accounts as billed and made %s invoices', coalesce(b.bill_run_id, i.bill_run_id), coalesce(b.billed, 0),
        coalesce(i.invoices, 0))
      from (select bill_run_id, sum(billed) as billed from ${batch} b group by 1) b
      full join (select bill_run_id, count(*) as invoices from ${invoice} i group by 1) i on i.bill_run_id = b.bill_run_id
      where coalesce(b.billed, 0) <> coalesce(i.invoices, 0)
      union all
      select format('what batch %s counted is said to be of bill run %s', t.bill_batch_id, t.bill_run_id)
      from ${batchTotal} t left join bill_batch b on b.id = t.bill_batch_id where b.bill_run_id is distinct from t.bill_run_id`,
  },
  {
    // A batch closes in the transaction that disburses, so both have the same time. They are also matched by account, since two batches may
    // have started at the same time.
    name: 'bill_run_disbursed',
    description: 'Every batch of a bill run disbursed what it counted, and nothing else was disbursed automatically',
    ofRun: false,
    broken: () => sql`
      with made as (
        select b.id, a.currency, sum(d.amount) as disbursed
        from (select * from disbursement where automatic) d
        left join (select id, finished_at, unnest(account_ids) as account_id from bill_batch where status = 'done') b
          on b.account_id = d.account_id and b.finished_at = d.created_at
        left join account a on a.id = d.account_id
        group by 1, 2)
      select format('batch %s disbursed %s %s and counted %s', coalesce(m.id::text, c.bill_batch_id::text, 'none'), coalesce(m.disbursed, 0),
        coalesce(m.currency, c.currency), coalesce(c.disbursed, 0)) as what
      from made m full join bill_batch_total c on c.bill_batch_id = m.id and c.currency = m.currency
      where coalesce(m.disbursed, 0) <> coalesce(c.disbursed, 0)`,
  },
]
