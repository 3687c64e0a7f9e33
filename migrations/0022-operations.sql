-- What tells people whether anything is wrong: how the work went on minute by minute, and a proof that they ask for.

-- How much of each kind of work waited at the beginning of a minute and for how long, and what was finished in the minute before it.
create table operations_sample (
  minute timestamptz not null,
  kind text collate "C" not null,
  open bigint not null,
  oldest_seconds double precision not null,
  done bigint not null,
  failed bigint not null,
  primary key (minute, kind)
);
grant select, insert, delete on operations_sample to nightbill_service;

-- What of each minute is counted for it, and what failed in the last day. Each index is written once for each batch, or for each failure.
create index bill_batch_done_at on bill_batch (finished_at) where status = 'done';
create index job_failed_at on job (finished_at) where status = 'failed';

-- How much a reconciliation went over; null for those from before it was counted.
alter table reconciliation add column invoices bigint, add column credits bigint;

-- A reconciliation of the whole database that somebody asked for. One waits at a time: whoever asks meanwhile is given the same one.
create table reconciliation_request (
  id uuid primary key,
  requested_at timestamptz not null default now(),
  started_at timestamptz,
  rules_checked integer not null default 0,
  rules integer not null default 0,
  reconciliation_id bigint references reconciliation
);
create unique index reconciliation_request_open on reconciliation_request ((true)) where reconciliation_id is null;
grant select, insert, update (started_at, rules_checked, rules, reconciliation_id) on reconciliation_request to nightbill_service;
