import { sql } from 'kysely'
import type { Rule } from './rule.ts'

export const CREDIT_RULES: readonly Rule[] = [
  {
    name: 'credit_left',
    description:
      'Every credit: what it has left is its amount minus its disbursements, and between zero and its amount',
    ofRun: true,
    broken: ({ credit, disbursementOfCredit }) => sql`
      select format('credit %s: disbursed %s, its disbursements add up to %s of %s', c.id, c.disbursed, coalesce(d.disbursed, 0), c.amount) as what
      from ${credit} c left join (
        select credit_id, sum(amount) as disbursed from ${disbursementOfCredit} d group by credit_id) d on d.credit_id = c.id
      where c.disbursed <> coalesce(d.disbursed, 0) or c.disbursed < 0 or c.disbursed > c.amount or c.amount <= 0`,
  },
  {
    name: 'credit_status',
    description: 'Every credit: its status agrees with its invoices and its disbursements',
    ofRun: true,
    broken: ({ credit }) => sql`
      select format('credit %s is %s, with %s disbursed of %s, attached to %s, reversed on %s', c.id, c.status, c.disbursed, c.amount,
        coalesce(c.invoice_id::text, 'none'), coalesce(c.reversed_on_invoice_id::text, 'none')) as what
      from ${credit} c
      where (c.invoice_id is not null) <> (c.status in ('issued', 'reversal_pending', 'reversed'))
        or (c.reversed_on_invoice_id is not null) <> (c.status = 'reversed')
        or c.invoice_id is null and c.disbursed <> 0
        or c.status = 'reversed' and c.disbursed <> c.amount`,
  },
  {
    name: 'credit_changes',
    description:
      'Every credit is deleted if and only if that was asked for, and reversed or about to be, if and only if that was asked for and not cancelled',
    ofRun: false,
    broken: () => sql`
      select format('credit %s is %s, and was deleted %s times, its reversal requested %s times and cancelled %s times', coalesce(c.id, h.credit_id),
        coalesce(c.status::text, 'not there'), coalesce(h.deleted, 0), coalesce(h.requested, 0), coalesce(h.cancelled, 0)) as what
      from credit c full join (
        select credit_id, count(*) filter (where kind = 'deleted') as deleted, count(*) filter (where kind = 'reversal_requested') as requested,
          count(*) filter (where kind = 'reversal_cancelled') as cancelled
        from credit_change group by credit_id) h on h.credit_id = c.id
      where c.id is null or coalesce(h.deleted, 0) <> case when c.status = 'deleted' then 1 else 0 end
        or coalesce(h.requested, 0) - coalesce(h.cancelled, 0) <> case when c.status in ('reversal_pending', 'reversed') then 1 else 0 end`,
  },
  {
    name: 'automatic_disbursements',
    description:
      'Bill runs disburse automatic credits, to each invoice at most once, or close a reversed credit on the invoice that reverses it',
    ofRun: false,
    broken: () => sql`
      select format('credit %s was disbursed to invoice %s by bill runs %s times', credit_id, invoice_id, count(*)) as what
      from disbursement where automatic group by credit_id, invoice_id having count(*) > 1
      union all
      select format('credit %s is manual, and a bill run disbursed %s of it', c.id, d.amount)
      from disbursement d join credit c on c.id = d.credit_id
      where d.automatic and not c.automatic_disbursement and d.invoice_id is distinct from c.reversed_on_invoice_id`,
  },
  {
    name: 'manual_disbursements',
    description:
      'The disbursements by hand are exactly those that were asked for: none is missing, none was added, none was changed',
    ofRun: false,
    broken: () => sql`
      select format('disbursement %s of %s by hand %s', coalesce(d.id, m.disbursement_id), coalesce(d.amount, m.amount),
        case when d.id is null then 'is gone' when m.disbursement_id is null then 'was made by nobody' else 'differs' end) as what
      from (select * from disbursement where not automatic) d full join manual_disbursement m on m.disbursement_id = d.id
      where (d.id, d.credit_id, d.invoice_id, d.amount) is distinct from (m.disbursement_id, m.credit_id, m.invoice_id, m.amount)`,
  },
]
