-- The work of docs/performance.md, for :accounts accounts of the group `default` and :warmed of the group `warm-up` behind them: :charges
-- pending charges an account (three at most for warm-up); 30 % have a pending credit, two in three of them automatic; 20 % an older unpaid
-- invoice; 2 % a pending reversal of a credit that is attached to that invoice, half of them partly disbursed. The same accounts and
-- amounts each time. make-work.ts puts the parts together, for the tables of today or for those of the old version.
set session_replication_role = replica; -- the rows are right by construction, and reconciled after each run
set synchronous_commit = off;
set maintenance_work_mem = '256MB';

create function some_amount(account bigint, salt bigint, most integer) returns numeric language sql immutable
  return round(((account * 7919 + salt * 104729) * 31 % (most * 100) + 1) * 0.01, 2);

insert into account (key, name, currency, bill_group, created_at)
select format('account-%s', to_char(i, 'FM0000000')), format('Account %s', i), 'USD',
  case when i <= :accounts then 'default' else 'warm-up' end, '2026-01-01'
from generate_series(1, :accounts + :warmed) i;

-- October's run, of those with an older invoice.
insert into bill_run (id, name, bill_group, bill_date, status, selected_all, created_at, started_at, finished_at)
values (uuidv7(), 'October', 'default', '2026-10-31', 'completed', true, '2026-10-31', '2026-10-31', '2026-10-31');
create temporary table october as select id from bill_run;

create temporary table older as
select a.id as account_id, row_number() over (order by a.id) + :history * (:accounts + :warmed) as number, uuidv7() as invoice_id, uuidv7() as charge_id,
  case when a.id / 10 % 50 = 0 then uuidv7() end as credit_id,
  some_amount(a.id, 11, 800) + 200 as charged,
  some_amount(a.id, 12, 150) + 20 as credited,
  case when a.id / 10 % 100 = 0 then 10.50 else 0 end as disbursed
from account a where a.id / 10 % 5 = 0;
