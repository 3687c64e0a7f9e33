import { sql } from 'kysely'
import { ENTRIES, ENTRY_KINDS } from '../../billing/entries.ts'
import type { Rule } from './rule.ts'

/** The kinds of entries that count towards an invoice's total. */
const RAISING = ENTRY_KINDS.filter((kind) => ENTRIES[kind].raisesTotal)

export const INVOICE_RULES: readonly Rule[] = [
  {
    name: 'invoice_totals',
    description:
      'The total charge, total, balance and count of every invoice agree with its transactions and disbursements',
    ofRun: true,
    broken: ({ invoice, entry, disbursementToInvoice }) => sql`
      select format('invoice %s: total charge %s (adds up to %s), total %s (%s), balance %s (%s), %s transactions (%s)', i.number,
        i.total_charge, coalesce(t.charges, 0), i.total, coalesce(t.total, 0), i.balance, coalesce(t.total, 0) - coalesce(d.disbursed, 0),
        i.transaction_count, coalesce(t.entries, 0)) as what
      from ${invoice} i
      left join (
        select invoice_id, sum(amount) filter (where type = 'charge') as charges, count(*) as entries,
          coalesce(sum(amount) filter (where type = any(${RAISING}::text[])), 0) as total
        from ${entry} e group by invoice_id) t on t.invoice_id = i.id
      left join (select invoice_id, sum(amount) as disbursed from ${disbursementToInvoice} d group by invoice_id) d on d.invoice_id = i.id
      where (i.total_charge, i.total, i.balance)
          is distinct from (coalesce(t.charges, 0), coalesce(t.total, 0), coalesce(t.total, 0) - coalesce(d.disbursed, 0))
        or i.balance < 0 or i.balance > i.total or i.transaction_count <> coalesce(t.entries, 0)`,
  },
  {
    name: 'entries_of_invoices',
    description: 'Every transaction and every disbursement belongs to an existing invoice',
    ofRun: false,
    broken: ({ entry }) => sql`
      select format('the %s %s of %s is on invoice %s, which is not there', e.type, e.id, e.amount, e.invoice_id) as what
      from ${entry} e left join invoice i on i.id = e.invoice_id where i.id is null
      union all
      select format('disbursement %s of %s is to invoice %s, which is not there', d.id, d.amount, d.invoice_id)
      from disbursement d left join invoice i on i.id = d.invoice_id where i.id is null
      union all
      select format('disbursement %s of %s is of credit %s, which is not there', d.id, d.amount, d.credit_id)
      from disbursement d left join credit c on c.id = d.credit_id where c.id is null`,
  },
  {
    name: 'invoice_dates',
    description:
      "Every invoice is issued on its run's bill date, and due after the payment terms that it was made with",
    ofRun: true,
    broken: ({ invoice, billRun }) => sql`
      select format('invoice %s is issued on %s and due on %s, with terms of %s days, in a run of %s', i.number, i.issued_on, i.due_on,
        coalesce(i.payment_terms_days, a.payment_terms_days), r.bill_date) as what
      from ${invoice} i left join ${billRun} r on r.id = i.bill_run_id left join account a on a.id = i.account_id
      where i.issued_on is distinct from r.bill_date
        or i.due_on is distinct from i.issued_on + coalesce(i.payment_terms_days, a.payment_terms_days)`,
  },
  {
    name: 'one_invoice_a_run',
    description: 'At most one invoice for each bill run and account',
    ofRun: true,
    broken: ({ invoice }) => sql`
      select format('bill run %s made %s invoices for account %s', bill_run_id, count(*), (select key from account where id = account_id)) as what
      from ${invoice} i group by bill_run_id, account_id having count(*) > 1`,
  },
  {
    name: 'invoice_numbers',
    description: 'Invoice numbers count up by one from 1, without gap or repeat, to where the counter stands',
    ofRun: false,
    broken: () => sql`
      select format('%s invoices are numbered from %s to %s (%s different numbers), the counter stands at %s', count(i.id), min(i.number), max(i.number),
        count(distinct i.number), c.last_number) as what
      from (select coalesce(max(last_number), -1) as last_number from invoice_counter) c left join invoice i on true group by c.last_number
      having count(i.id) <> c.last_number or count(distinct i.number) <> c.last_number
        or coalesce(min(i.number), 1) <> 1 or coalesce(max(i.number), 0) <> c.last_number`,
  },
  {
    // A run notes the invoice counter when it is made and when it ends, so this depends on no clock. Runs at the same time share a range.
    name: 'invoice_order',
    description:
      'The invoice numbers of a batch are consecutive, and lie between the values of the counter at the start and the end of its run',
    ofRun: true,
    broken: ({ invoice, billRun, batch }) => sql`
      select format('invoice %s is of a bill run that began after %s and ended by %s', i.number, r.numbers_after, r.numbers_up_to) as what
      from ${invoice} i join ${billRun} r on r.id = i.bill_run_id
      where r.numbers_after is null or (r.numbers_up_to is null) = (r.finished_at is not null)
        or i.number <= r.numbers_after or i.number > r.numbers_up_to
      union all
      select format('batch %s made %s invoices, numbered from %s to %s', b.id, count(*), min(i.number), max(i.number))
      from (select id, bill_run_id, unnest(account_ids) as account_id from ${batch} b where status = 'done') b
      join ${invoice} i on i.bill_run_id = b.bill_run_id and i.account_id = b.account_id
      group by b.id having max(i.number) - min(i.number) + 1 <> count(*)`,
  },
]
