-- :history months before October: each account has an invoice of three charges, which a credit of the same amount has paid.
create temporary table past_run as
select month, uuidv7() as id, '2026-10-31'::date - (:history + 1 - month) * 30 as day from generate_series(1, :history) month;
insert into bill_run (id, name, bill_group, bill_date, status, selected_all, created_at, started_at, finished_at)
select id, format('Month %s', month), 'default', day, 'completed', true, day, day, day from past_run;

create temporary table past as
select r.id as bill_run_id, day, a.id as account_id, (month - 1) * (:accounts + :warmed) + a.id as number,
  uuidv7() as invoice_id, uuidv7() as credit_id, some_amount(a.id, 30 + month, 250) as amount
from past_run r, account a order by month, a.id;

insert into charge (id, account_id, amount, description, charged_on, invoice_id, created_at)
select uuidv7(), account_id, amount, format('Subscription and usage, part %s', part), day - 10, invoice_id, day - 10
from past, generate_series(1, 3) part order by day, part, account_id;
insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance, transaction_count)
select invoice_id, account_id, number, bill_run_id, day, day + 30, 30, 3 * amount, 3 * amount, 0, 4 from past order by number;
insert into credit (id, account_id, amount, disbursed, status, reason, automatic_disbursement, invoice_id, created_at)
select credit_id, account_id, 3 * amount, 3 * amount, 'issued', 'Settlement', false, invoice_id, day - 5 from past order by number;
insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic, created_at)
select uuidv7(), credit_id, invoice_id, account_id, 3 * amount, false, day + 5 from past order by number;

with cut as (
  select bill_run_id, day, uuidv7() as batch_id, array_agg(account_id order by account_id) as account_ids, count(*) as invoices, sum(3 * amount) as charged
  from past group by bill_run_id, day, account_id / 1000
), batch as (
  insert into bill_batch (id, bill_run_id, account_ids, status, attempts, billed, finished_at, woken_at)
  select batch_id, bill_run_id, account_ids, 'done', 1, invoices, day, day from cut
)
insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count, credits_issued_amount,
  disbursed, credits_reversed_count, credits_reversed_amount)
select batch_id, bill_run_id, 'USD', invoices, charged, invoices, charged, 0, 0, 0 from cut;
drop table past, past_run;
