-- $1 bill date, $2 and $3 first and last account.
with planned as (
  select id as invoice_id, account_id from invoice where account_id between $2 and $3 and issued_on = $1
),
stamped as (
  update charge set invoice_id = planned.invoice_id from planned
  where charge.account_id = planned.account_id and charge.invoice_id is null and charged_on <= $1
  returning charge.account_id, charge.amount
)
select account_id, sum(amount) as amount, count(*) as count from stamped group by account_id
