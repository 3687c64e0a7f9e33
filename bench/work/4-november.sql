-- The rest of October, in tables that have not changed since the old version, and what November's run is to bill.
insert into credit (id, account_id, amount, disbursed, status, reason, automatic_disbursement, invoice_id, created_at)
select credit_id, account_id, credited, disbursed, 'reversal_pending', 'Goodwill', false, invoice_id, '2026-10-20'
from older where credit_id is not null;
insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic, created_at)
select uuidv7(), credit_id, invoice_id, account_id, disbursed, false, '2026-11-10' from older where disbursed > 0;
update invoice_counter set last_number = (select max(number) from older);

with cut as (
  select uuidv7() as batch_id, array_agg(account_id order by account_id) as account_ids, count(*) as invoices, sum(charged) as charged,
    count(credit_id) as credits, coalesce(sum(credited) filter (where credit_id is not null), 0) as credited
  from older group by number / 200
), batch as (
  insert into bill_batch (id, bill_run_id, account_ids, status, attempts, billed, finished_at, woken_at)
  select batch_id, october.id, cut.account_ids, 'done', 1, invoices, '2026-10-31', '2026-10-31' from cut, october
)
insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count, credits_issued_amount,
  disbursed, credits_reversed_count, credits_reversed_amount)
select batch_id, october.id, 'USD', invoices, charged, credits, credited, 0, 0, 0 from cut, october;

-- What November's run is to bill, on days up to the 29th. Charges lie as they would have come in: every account's first, then every account's second, and so on.
insert into charge (id, account_id, amount, description, charged_on, created_at)
select uuidv7(), a.id, some_amount(a.id, n, 250), format('Subscription and usage, part %s', n), day, day
from generate_series(1, :charges) n, account a, lateral (select '2026-11-01'::date + (n::bigint * 28 / (:charges + 1))::integer as day) charged
where n <= 3 or a.bill_group = 'default' order by n, a.id;
insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at)
select uuidv7(), id, some_amount(id, 21, 900), 'Service interruption', id % 10 < 2, '2026-11-20'
from account where id % 10 < 3 order by id;
