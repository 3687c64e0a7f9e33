import { sql } from 'kysely'
import { MINOR_UNITS } from '../../money.ts'
import type { Rule } from './rule.ts'

const currencies = [...MINOR_UNITS.keys()]
const decimals = [...MINOR_UNITS.values()]

export const ACCOUNT_RULES: readonly Rule[] = [
  {
    name: 'conservation',
    description:
      'Every account: balances less what credits have left is billed charges less issued credits plus reversed credits',
    ofRun: false,
    broken: () => sql`
      select format('account %s owes %s, its entries add up to %s', key, owed, entered) as what from (
        select a.key, coalesce(i.balances, 0) - coalesce(c.lefts, 0) as owed,
          coalesce(ch.billed, 0) - coalesce(c.issued, 0) + coalesce(c.reversed, 0) as entered
        from account a
        left join (select account_id, sum(balance) as balances from invoice group by account_id) i on i.account_id = a.id
        left join (select account_id, sum(amount) as billed from charge where invoice_id is not null group by account_id) ch on ch.account_id = a.id
        left join (
          select account_id, sum(amount - disbursed) filter (where status in ('issued', 'reversal_pending')) as lefts,
            sum(amount) filter (where status in ('issued', 'reversal_pending', 'reversed')) as issued,
            sum(amount) filter (where status = 'reversed') as reversed
          from credit group by account_id) c on c.account_id = a.id) sums
      where owed <> entered`,
  },
  {
    name: 'one_account_one_currency',
    description: 'An invoice, its entries and its disbursements are of one account, and so of one currency',
    ofRun: false,
    broken: ({ entry }) => sql`
      select format('the %s %s is on invoice %s, of another account', e.type, e.id, i.number) as what
      from ${entry} e join invoice i on i.id = e.invoice_id where i.account_id <> e.account_id
      union all
      select format('disbursement %s is between two accounts', d.id) from disbursement d
      join invoice i on i.id = d.invoice_id join credit c on c.id = d.credit_id
      where i.account_id <> d.account_id or c.account_id <> d.account_id`,
  },
  {
    name: 'accounts_as_opened',
    description: 'Every account has the key and the currency that it was opened with',
    ofRun: false,
    broken: () => sql`
      select format('account %s (%s) was opened as %s in %s, and is %s in %s', coalesce(a.id, o.account_id), coalesce(a.key, 'not there'), o.key, o.currency,
        a.key, a.currency) as what
      from account a full join account_opening o on o.account_id = a.id
      where (a.id, a.key, a.currency) is distinct from (o.account_id, o.key, o.currency)`,
  },
  {
    name: 'decimals',
    description: "Every amount has at most the decimals of its account's currency",
    ofRun: false,
    broken: () => sql`
      with allowed as (
        select account.id as account_id, known.decimals from account
        left join unnest(${currencies}::text[], ${decimals}::integer[]) as known (currency, decimals) on known.currency = account.currency)
      select format('%s %s is of %s, with %s decimals at most', kind, one.id, amount, coalesce(allowed.decimals::text, 'unknown')) as what
      from (
        select 'charge' as kind, id, account_id, amount from charge
        union all select 'credit', id, account_id, amount from credit
        union all select 'disbursement', id, account_id, amount from disbursement
        union all select 'the balance of invoice', id, account_id, balance from invoice) one
      left join allowed on allowed.account_id = one.account_id
      where allowed.decimals is null or scale(trim_scale(one.amount)) > allowed.decimals`,
  },
]
