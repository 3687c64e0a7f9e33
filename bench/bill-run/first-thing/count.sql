-- The run's counts, from what it made: $1 bill run.
with made as (
  select uuidv7() as batch_id, array_agg(account_id order by account_id) as account_ids, count(*) as invoices, sum(total_charge) as charged
  from invoice where bill_run_id = $1
),
batch as (
  insert into bill_batch (id, bill_run_id, account_ids, status, attempts, billed, finished_at)
  -- The moment that its disbursements bear.
  select batch_id, $1, account_ids, 'done', 1, invoices, (select created_at from bill_run where id = $1) from made
),
credited as (
  select count(*) filter (where c.invoice_id = i.id) as issued, coalesce(sum(c.amount) filter (where c.invoice_id = i.id), 0) as issued_amount,
    count(*) filter (where c.reversed_on_invoice_id = i.id) as reversed,
    coalesce(sum(c.amount) filter (where c.reversed_on_invoice_id = i.id), 0) as reversed_amount
  from invoice i join credit c on i.id in (c.invoice_id, c.reversed_on_invoice_id) where i.bill_run_id = $1
),
disbursed as (
  select coalesce(sum(amount), 0) as amount from disbursement where created_at >= (select created_at from bill_run where id = $1)
)
insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count, credits_issued_amount,
  disbursed, credits_reversed_count, credits_reversed_amount)
select batch_id, $1, 'USD', invoices, charged, issued, issued_amount, amount, reversed, reversed_amount from made, credited, disbursed
