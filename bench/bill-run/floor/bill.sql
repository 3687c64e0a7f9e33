-- Bills the locked accounts of a range in one statement, all but the numbers: every rule of "Billing one account", set-based. The
-- invoices wait in the connection's own temporary table, so that the counter is locked last and shortly (write-invoices.sql).
-- $1 bill run, $2 bill date, $3 and $4 first and last account, $5 bill group.
with
planned as materialized (
  select id as account_id, currency, payment_terms_days, uuidv7() as invoice_id from account where id between $3 and $4 and bill_group = $5
),
stamped as (
  update charge set invoice_id = planned.invoice_id from planned
  where charge.account_id = planned.account_id and charge.invoice_id is null and charged_on <= $2
  returning charge.account_id, charge.amount
),
charged as (
  select account_id, sum(amount) as amount, count(*) as lines from stamped group by account_id
),
open_credit as materialized (
  select account_id, id, amount, amount - disbursed as left_over, status, automatic_disbursement as automatic, created_at from credit
  where account_id between $3 and $4 and status in ('pending', 'reversal_pending')
  union all
  select account_id, id, amount, amount - disbursed, status, true, created_at from credit
  where account_id between $3 and $4 and status = 'issued' and automatic_disbursement and disbursed < amount
),
entry as (
  select account_id, amount as owed, amount as charged, 0 as closing, lines from charged
  union all
  select account_id, amount, 0, left_over, 1 from open_credit where status = 'reversal_pending'
  union all
  select account_id, 0, 0, 0, 1 from open_credit where status = 'pending'
),
invoiced as materialized (
  select p.account_id, p.currency, p.invoice_id, p.payment_terms_days, $2 + p.payment_terms_days as due_on,
    sum(charged) as total_charge, sum(owed) as total, sum(closing) as closing, sum(lines) as transaction_count
  from entry join planned p on p.account_id = entry.account_id group by 1, 2, 3, 4
),
-- What a credit covers of all that its account has to disburse, and an invoice of all that its account owes, as stretches of one
-- line: where two overlap, that much of the credit goes to that invoice.
credit_stretch as (
  select account_id, id, sum(left_over) over stretch - left_over as low, sum(left_over) over stretch as high
  from open_credit where automatic and status <> 'reversal_pending'
  window stretch as (partition by account_id order by created_at, id rows unbounded preceding)
),
owing as (
  select account_id, id, due_on, number, balance from invoice
  where account_id in (select account_id from credit_stretch) and balance > 0
  union all
  select account_id, invoice_id, due_on, null, total - closing from invoiced where total > closing
),
owing_stretch as (
  select account_id, id, sum(balance) over stretch - balance as low, sum(balance) over stretch as high
  from owing window stretch as (partition by account_id order by due_on, number nulls last rows unbounded preceding)
),
disbursed as materialized (
  select i.account_id, c.id as credit_id, i.invoice_id, c.left_over as amount
  from open_credit c join invoiced i using (account_id) where c.status = 'reversal_pending' and c.left_over > 0
  union all
  select c.account_id, c.id, o.id, least(c.high, o.high) - greatest(c.low, o.low)
  from credit_stretch c join owing_stretch o on o.account_id = c.account_id and o.low < c.high and c.low < o.high
  where c.account_id in (select account_id from invoiced)
),
disbursement as (
  insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic)
  select uuidv7(), credit_id, invoice_id, account_id, amount, true from disbursed
),
settled_credit as (
  update credit set
    status = case when c.status = 'reversal_pending' then 'reversed' else 'issued' end::credit_status,
    disbursed = credit.disbursed + coalesce(d.amount, 0),
    invoice_id = case when c.status = 'pending' then i.invoice_id else credit.invoice_id end,
    reversed_on_invoice_id = case when c.status = 'reversal_pending' then i.invoice_id end
  from open_credit c join invoiced i using (account_id)
  left join (select credit_id, sum(amount) as amount from disbursed group by credit_id) d on d.credit_id = c.id
  where credit.id = c.id and (c.status <> 'issued' or d.amount is not null)
),
settled_invoice as (
  update invoice set balance = balance - d.amount
  from (select invoice_id, sum(amount) as amount from disbursed group by invoice_id) d
  where invoice.id = d.invoice_id
),
batch as (
  insert into bill_batch (id, bill_run_id, account_ids, status, attempts, billed, finished_at)
  select uuidv7(), $1, array_agg(account_id order by account_id), 'done', 1, count(*), now() from invoiced having count(*) > 0
  returning id
),
total as (
  insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count, credits_issued_amount,
    disbursed, credits_reversed_count, credits_reversed_amount)
  select batch.id, $1, i.currency, i.invoices, i.charged, coalesce(c.issued, 0), coalesce(c.issued_amount, 0), coalesce(d.amount, 0),
    coalesce(c.reversed, 0), coalesce(c.reversed_amount, 0)
  from batch, (select currency, count(*) as invoices, sum(total_charge) as charged from invoiced group by 1) i
  left join (
    select currency, count(*) filter (where status = 'pending') as issued, sum(amount) filter (where status = 'pending') as issued_amount,
      count(*) filter (where status = 'reversal_pending') as reversed, sum(amount) filter (where status = 'reversal_pending') as reversed_amount
    from open_credit join invoiced using (account_id) group by 1) c using (currency)
  left join (select currency, sum(amount) as amount from disbursed join invoiced using (account_id) group by 1) d using (currency)
)
insert into new_invoice (id, account_id, due_on, payment_terms_days, total_charge, total, balance, transaction_count)
select i.invoice_id, i.account_id, i.due_on, i.payment_terms_days, i.total_charge, i.total, i.total - coalesce(d.amount, 0), i.transaction_count
from invoiced i
left join (select invoice_id, sum(amount) as amount from disbursed group by invoice_id) d using (invoice_id)
