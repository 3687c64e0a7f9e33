-- What has been accepted and is to be carried out, and what came of it. The queue only wakes this up.

-- split: its accounts stand in two smaller batches instead. failed: one account, with the reason.
create type bill_batch_status as enum ('open', 'done', 'split', 'failed', 'cancelled');
create type job_type as enum ('credit', 'reversal');
create type job_status as enum ('queued', 'done', 'failed');

create table bill_batch (
  id uuid primary key,
  bill_run_id uuid not null references bill_run,
  account_ids bigint[] not null,
  accounts integer not null generated always as (cardinality(account_ids)) stored check (accounts > 0),
  status bill_batch_status not null default 'open',
  attempts integer not null default 0,
  billed integer not null default 0,
  nothing_to_bill integer not null default 0,
  failure_code text,
  failure_message text,
  failure_attempts integer not null default 0,
  finished_at timestamptz,
  woken_at timestamptz not null default now(),
  check (status <> 'done' or billed + nothing_to_bill = accounts),
  check (status <> 'failed' or accounts = 1 and failure_code is not null and failure_message is not null)
);
create index bill_batch_of_run on bill_batch (bill_run_id, status, id);
create index bill_batch_open on bill_batch (woken_at) where status = 'open';

create table bill_batch_total (
  bill_batch_id uuid not null references bill_batch,
  bill_run_id uuid not null references bill_run,
  currency text not null,
  invoices integer not null,
  charged numeric not null,
  credits_issued_count integer not null,
  credits_issued_amount numeric not null,
  disbursed numeric not null,
  credits_reversed_count integer not null,
  credits_reversed_amount numeric not null,
  primary key (bill_run_id, bill_batch_id, currency)
);

create table api_key (
  id uuid primary key,
  name text not null,
  key_hash bytea not null unique check (length(key_hash) = 32),
  scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['enqueue', 'read', 'operate', 'admin']),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

-- An accepted credit or reversal. Inserted before any job is enqueued: this row is what a 202 promises.
create table job (
  id uuid primary key,
  type job_type not null,
  credit_id uuid not null,
  account_id bigint not null references account,
  request jsonb not null,
  status job_status not null default 'queued',
  attempts integer not null default 0,
  error_code text,
  error_message text,
  result jsonb,
  api_key_id uuid not null references api_key,
  request_id text not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  woken_at timestamptz not null default now(),
  check ((finished_at is null) = (status = 'queued')),
  check ((error_code is not null) = (status = 'failed'))
);
create index job_queued on job (woken_at) where status = 'queued';
create index job_of_credit on job (credit_id, id);
-- One reversal of a credit is under way at a time; a repeated request finds this one.
create unique index job_reversal_queued on job (credit_id) where type = 'reversal' and status = 'queued';

-- A credit's reference is unique per account for ever, from the moment it is accepted.
create table credit_reference (
  account_id bigint not null references account,
  reference text collate "C" not null,
  credit_id uuid not null,
  job_id uuid not null,
  content_hash bytea not null,
  primary key (account_id, reference)
);

create table idempotency_record (
  api_key_id uuid not null references api_key,
  key text collate "C" not null,
  request_hash bytea not null,
  status integer not null,
  location text,
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (api_key_id, key)
);
create index idempotency_record_age on idempotency_record using brin (created_at);

-- Who did what, when, with which key and request. Jobs carry the same for what is enqueued.
create table audit_entry (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  api_key_id uuid not null references api_key,
  request_id text not null,
  action text not null,
  subject text not null
);
create trigger append_only before update or delete or truncate on audit_entry
  for each statement execute function refuse_change();

create table schedule (
  name text collate "C" primary key,
  cron text not null,
  timezone text not null,
  bill_group text not null,
  enabled boolean not null default true,
  -- Ticks before this are not made up: the schedule said something else then.
  effective_from timestamptz not null default now()
);

-- What `nightbill reconcile` found, for the metrics.
create table reconciliation (
  id bigint generated always as identity primary key,
  finished_at timestamptz not null default now(),
  ok boolean not null,
  violations integer not null
);
