-- The work of docs/performance.md, for :accounts accounts of the group `default` and :warmed of the group `warm-up` behind them: three pending
-- charges an account; 30 % have a pending credit, two in three of them automatic; 20 % an older unpaid invoice; 2 % a pending reversal
-- of a credit that is attached to that invoice, half of them partly disbursed. The same accounts and amounts each time.
-- Charges lie as they would have come in: every account's first, then every account's second, then the third.
set session_replication_role = replica; -- the rows are right by construction, and reconciled after each run
set synchronous_commit = off;
set maintenance_work_mem = '256MB';

create function some_amount(account bigint, salt integer, most integer) returns numeric language sql immutable
  return round(((account * 7919 + salt * 104729) * 31 % (most * 100) + 1) * 0.01, 2);

insert into account (key, name, currency, bill_group, created_at)
select format('account-%s', to_char(i, 'FM0000000')), format('Account %s', i), 'USD',
  case when i <= :accounts then 'default' else 'warm-up' end, '2026-01-01'
from generate_series(1, :accounts + :warmed) i;

-- October's run, of those with an older invoice.
insert into bill_run (id, name, bill_group, bill_date, status, selected_all, created_at, started_at, finished_at)
values (uuidv7(), 'October', 'default', '2026-10-31', 'completed', true, '2026-10-31', '2026-10-31', '2026-10-31');

create temporary table older as
select a.id as account_id, row_number() over (order by a.id) as number, uuidv7() as invoice_id, uuidv7() as charge_id,
  case when a.id / 10 % 50 = 0 then uuidv7() end as credit_id,
  some_amount(a.id, 11, 800) + 200 as charged,
  some_amount(a.id, 12, 150) + 20 as credited,
  case when a.id / 10 % 100 = 0 then 10.50 else 0 end as disbursed
from account a where a.id / 10 % 5 = 0;

insert into charge (id, account_id, amount, description, charged_on, invoice_id, created_at)
select charge_id, account_id, charged, 'Subscription, October', '2026-10-05', invoice_id, '2026-10-05' from older;
insert into credit (id, account_id, amount, disbursed, status, reason, automatic_disbursement, invoice_id, created_at)
select credit_id, account_id, credited, disbursed, 'reversal_pending', 'Goodwill', false, invoice_id, '2026-10-20'
from older where credit_id is not null;
insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance, transaction_count)
select invoice_id, account_id, number, bill_run.id, '2026-10-31', '2026-11-30', 30, charged, charged, charged - disbursed,
  case when credit_id is null then 1 else 2 end
from older, bill_run;
insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic, created_at)
select uuidv7(), credit_id, invoice_id, account_id, disbursed, false, '2026-11-10' from older where disbursed > 0;
update invoice_counter set last_number = (select count(*) from older);

with cut as (
  select uuidv7() as batch_id, array_agg(account_id order by account_id) as account_ids, count(*) as invoices, sum(charged) as charged,
    count(credit_id) as credits, coalesce(sum(credited) filter (where credit_id is not null), 0) as credited
  from older group by number / 200
), batch as (
  insert into bill_batch (id, bill_run_id, account_ids, status, attempts, billed, finished_at, woken_at)
  select batch_id, bill_run.id, cut.account_ids, 'done', 1, invoices, '2026-10-31', '2026-10-31' from cut, bill_run
)
insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count, credits_issued_amount,
  disbursed, credits_reversed_count, credits_reversed_amount)
select batch_id, bill_run.id, 'USD', invoices, charged, credits, credited, 0, 0, 0 from cut, bill_run;

-- What November's run is to bill.
insert into charge (id, account_id, amount, description, charged_on, created_at)
select uuidv7(), a.id, some_amount(a.id, n, 250), format('Subscription and usage, part %s', n), '2026-11-01'::date + n * 7, '2026-11-01'::date + n * 7
from generate_series(1, 3) n, account a order by n, a.id;
insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at)
select uuidv7(), id, some_amount(id, 21, 900), 'Service interruption', id % 10 < 2, '2026-11-20'
from account where id % 10 < 3 order by id;

-- What the triggers would have recorded, and forgotten requests for the credits.
update bill_run set numbers_after = 0, numbers_up_to = (select last_number from invoice_counter);
insert into account_opening select id, key, currency from account;
insert into charge_recording (recorded_at, charges, amount, checksum)
select created_at, count(*), sum(amount), sum(charge_checksum(id, account_id, amount, charged_on, description, reference)) from charge group by created_at;
insert into credit_change (credit_id, kind) select id, 'reversal_requested' from credit where status = 'reversal_pending';
insert into manual_disbursement select id, credit_id, invoice_id, amount from disbursement;
insert into forgotten_job (type, subject_id, account_id, amount, status) select 'credit', id, account_id, amount, 'done' from credit;
insert into job_recording (jobs) select count(*) from credit;

drop function some_amount;
drop table older;
reset session_replication_role;
