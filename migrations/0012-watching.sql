-- What tells people, by /metrics and GET /v1/reconciliations, whether work goes on and whether everything still adds up.
-- Every figure is found by an index: they are asked for again and again, whatever the backlog.

-- How each kind of work goes on. Workers have no address to be asked at: each process adds what it saw every few seconds.
create table work_activity (
  kind text primary key,
  last_taken_at timestamptz,
  taken bigint not null default 0,
  retries bigint not null default 0,
  takeovers bigint not null default 0,
  troubles bigint not null default 0
) with (fillfactor = 50);
grant select, insert, update on work_activity to nightbill_service;

-- The oldest that is not carried out.
create index job_queued_since on job (type, created_at) where status = 'queued';
alter table bill_batch add column created_at timestamptz not null default now();
create index bill_batch_failed_at on bill_batch (finished_at) where status = 'failed';
create index bill_run_ended on bill_run (finished_at) where finished_at is not null;

-- Of the whole database, or of one bill run's rows. The report says how often each rule was broken, with some examples.
alter table reconciliation
  add column bill_run_id uuid references bill_run,
  add column started_at timestamptz,
  add column report jsonb;
update reconciliation set started_at = finished_at;
alter table reconciliation alter column started_at set default now(), alter column started_at set not null;
create index reconciliation_of_database on reconciliation (id) where bill_run_id is null;
create index reconciliation_of_run on reconciliation (bill_run_id, id) where bill_run_id is not null;
create index reconciliation_of_runs on reconciliation (id) where bill_run_id is not null;
create index reconciliation_broken on reconciliation (finished_at) where not ok;
