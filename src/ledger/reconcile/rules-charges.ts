import { sql } from 'kysely'
import type { Rule } from './rule.ts'

export const CHARGE_RULES: readonly Rule[] = [
  {
    name: 'billed_charges',
    description:
      'Every billed charge stands on exactly one invoice, as one transaction of its amount; a pending one on none',
    ofRun: true,
    broken: ({ charge, lineOfCharge }) => sql`
      select format('charge %s of %s is %s, with %s transactions of %s', c.id, c.amount, case when c.billed then 'billed' else 'pending' end,
        coalesce(t.times, 0), t.amount) as what
      from ${charge} c
      left join (select charge_id, count(*) as times, sum(amount) as amount from ${lineOfCharge} t where charge_id is not null group by charge_id) t
        on t.charge_id = c.id
      where coalesce(t.times, 0) <> case when c.billed then 1 else 0 end or t.amount <> c.amount`,
  },
  {
    name: 'billed_in_time',
    description: 'Every charge is billed by a run whose bill date it had reached',
    ofRun: true,
    broken: ({ charge, line, invoice }) => sql`
      select format('charge %s of %s is billed on invoice %s of %s', c.id, c.charged_on, i.number, i.issued_on) as what
      from ${line} t join ${charge} c on c.id = t.charge_id join ${invoice} i on i.id = t.invoice_id where c.charged_on > i.issued_on`,
  },
  {
    name: 'recorded_charges',
    description:
      'The charges are those that were recorded, as they were recorded: none is gone, none is new, none differs',
    ofRun: false,
    broken: () => sql`
      select format('at %s %s charges of %s were recorded, and %s of %s are there%s', coalesce(r.recorded_at, c.created_at), coalesce(r.charges, 0),
        coalesce(r.amount, 0), coalesce(c.charges, 0), coalesce(c.amount, 0), case when r.checksum <> c.checksum then ', or other ones' end) as what
      from (
        select recorded_at, sum(charges) as charges, sum(amount) as amount, sum(checksum) as checksum from charge_recording group by recorded_at) r
      full join (
        select created_at, count(*) as charges, sum(amount) as amount,
          sum(charge_checksum(id, account_id, amount, charged_on, description, reference)) as checksum
        from charge group by created_at) c on c.created_at = r.recorded_at
      where (r.charges, r.amount, r.checksum) is distinct from (c.charges, c.amount, c.checksum)`,
  },
]
