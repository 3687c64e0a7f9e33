import { sql } from 'kysely'
import type { Rule } from './rule.ts'

export const CHARGE_RULES: readonly Rule[] = [
  {
    name: 'billed_charges',
    description: 'Every billed charge is on an existing invoice of its own account',
    ofRun: true,
    broken: ({ charge }) => sql`
      select format('charge %s of %s is on invoice %s, which is %s', c.id, c.amount, coalesce(i.number::text, c.invoice_id::text),
        case when i.id is null then 'not there' else 'of another account' end) as what
      from ${charge} c left join invoice i on i.id = c.invoice_id
      where c.invoice_id is not null and i.account_id is distinct from c.account_id`,
  },
  {
    name: 'billed_in_time',
    description: "No charge is dated after its invoice's bill date",
    ofRun: true,
    broken: ({ charge, invoice }) => sql`
      select format('charge %s of %s is billed on invoice %s of %s', c.id, c.charged_on, i.number, i.issued_on) as what
      from ${charge} c join ${invoice} i on i.id = c.invoice_id where c.charged_on > i.issued_on`,
  },
  {
    name: 'recorded_charges',
    description: 'The charges are exactly those that were recorded: none is missing, none was added, none was changed',
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
