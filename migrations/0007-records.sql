-- What `reconcile` holds the ledger against: records of what was recorded, requested and decided. Each is written once, by the database
-- itself, in the transaction that does the thing, and is never read to decide anything. Whoever edits the ledger behind the triggers
-- leaves them unlike it.
-- Reads every charge, credit and job once, and locks their tables against writing until COMMIT: minutes, for tens of millions.

create table account_opening (
  account_id bigint primary key,
  key text collate "C" not null,
  currency text not null
);

-- A row for each statement that records charges, so that many at once never wait for each other. `recorded_at` is the charges' created_at.
create table charge_recording (
  id bigint generated always as identity primary key,
  recorded_at timestamptz not null,
  charges integer not null,
  -- Of all currencies together, as a check.
  amount numeric not null,
  checksum numeric not null
);

-- What happened to a credit beside its invoices: those say by themselves that it was issued and reversed.
create type credit_change_kind as enum ('deleted', 'reversal_requested', 'reversal_cancelled');
create table credit_change (
  id bigint generated always as identity primary key,
  credit_id uuid not null,
  kind credit_change_kind not null,
  at timestamptz not null default now()
);

-- Disbursements that no bill run made: what bill runs disburse, their batches count.
create table manual_disbursement (
  disbursement_id uuid primary key,
  credit_id uuid not null,
  invoice_id uuid not null,
  amount numeric not null
);

-- A row for each statement that accepts requests.
create table job_recording (
  id bigint generated always as identity primary key,
  jobs integer not null
);

-- Of jobs that were deleted for their age: that they were there, and for what. Those deleted before this table was made have no id.
create table forgotten_job (
  job_id uuid,
  type job_type not null,
  credit_id uuid not null,
  account_id bigint,
  amount numeric,
  status job_status not null
);

-- The terms that the invoice was made with, whatever the account's are later. Null on what a worker of an older version makes meanwhile.
alter table invoice add column payment_terms_days integer;
update invoice set payment_terms_days = due_on - issued_on;
alter table invoice add constraint invoice_terms_check check (due_on = issued_on + payment_terms_days);

-- Where the invoice counter stood when the run was made, and when it ended: its invoices' numbers lie between. No clock is asked.
alter table bill_run add column numbers_after bigint, add column numbers_up_to bigint;
update bill_run set (numbers_after, numbers_up_to) =
  (select coalesce(min(number) - 1, 0), case when bill_run.finished_at is not null then coalesce(max(number), 0) end
   from invoice where bill_run_id = bill_run.id);

-- Of all that was accepted, as it was accepted.
alter table job add column request_digest bytea;

create function job_digest(id uuid, type job_type, credit_id uuid, account_id bigint, api_key_id uuid, request_id text, request jsonb)
returns bytea language sql stable parallel safe
  return sha256(convert_to(concat_ws(' ', id, type, credit_id, account_id, api_key_id, request_id, request), 'UTF8'));

create function charge_checksum(id uuid, account_id bigint, amount numeric, charged_on date, description text, reference text)
returns numeric language sql stable parallel safe
  return ('x' || encode(substr(sha256(convert_to(
    concat_ws(' ', id, account_id, trim_scale(amount), charged_on - date '2000-01-01', description, reference), 'UTF8')), 1, 7), 'hex')
  )::bit(56)::bigint::numeric;

-- What was there before this migration is taken as it is.
update job set request_digest = job_digest(id, type, credit_id, account_id, api_key_id, request_id, request);
alter table job alter column request_digest set not null, alter column request_digest set default '';
insert into account_opening select id, key, currency from account;
insert into charge_recording (recorded_at, charges, amount, checksum)
  select created_at, count(*), sum(amount), sum(charge_checksum(id, account_id, amount, charged_on, description, reference))
  from charge group by created_at;
insert into credit_change (credit_id, kind)
  select id, case status when 'deleted' then 'deleted' else 'reversal_requested' end::credit_change_kind from credit
  where status in ('deleted', 'reversal_pending', 'reversed');
insert into manual_disbursement select id, credit_id, invoice_id, amount from disbursement where not automatic;
insert into forgotten_job (type, credit_id, status)
  select replace(action, '.request', '')::job_type, left(subject, 36)::uuid,
    case when subject like '%: failed, %' then 'failed' else 'done' end::job_status
  from audit_entry where action in ('credit.request', 'reversal.request');
insert into job_recording (jobs) select (select count(*) from job) + (select count(*) from forgotten_job);

-- The records are the owner's, and written by these functions alone.
create function record_account_opening() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into account_opening values (new.id, new.key, new.currency);
  return null;
end $$;
create trigger record_opening after insert on account for each row execute function record_account_opening();

create function record_charges() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into charge_recording (recorded_at, charges, amount, checksum)
    select created_at, count(*), sum(amount), sum(charge_checksum(id, account_id, amount, charged_on, description, reference))
    from recorded group by created_at;
  return null;
end $$;
create trigger record_recording after insert on charge referencing new table as recorded
  for each statement execute function record_charges();

create function record_credit_change() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into credit_change (credit_id, kind) values (new.id, tg_argv[0]::credit_change_kind);
  return null;
end $$;
-- After the row, here and below: a trigger before it would lock each row once more.
create trigger record_deletion after update on credit for each row
  when (old.status <> 'deleted' and new.status = 'deleted') execute function record_credit_change('deleted');
create trigger record_reversal after update on credit for each row
  when (old.status <> 'reversal_pending' and new.status = 'reversal_pending')
  execute function record_credit_change('reversal_requested');
create trigger record_cancellation after update on credit for each row
  when (old.status = 'reversal_pending' and new.status = 'issued') execute function record_credit_change('reversal_cancelled');

create function record_manual_disbursement() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into manual_disbursement values (new.id, new.credit_id, new.invoice_id, new.amount);
  return null;
end $$;
create trigger record_manual after insert on disbursement for each row
  when (not new.automatic) execute function record_manual_disbursement();

create function record_jobs() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into job_recording (jobs) select count(*) from accepted having count(*) > 0;
  return null;
end $$;
create trigger record_recording after insert on job referencing new table as accepted for each statement execute function record_jobs();

create function record_forgotten_jobs() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into forgotten_job (job_id, type, credit_id, account_id, amount, status)
    select id, type, credit_id, account_id, case when type = 'credit' then (request->>'amount')::numeric end, status from forgotten;
  return null;
end $$;
create trigger record_forgotten after delete on job referencing old table as forgotten
  for each statement execute function record_forgotten_jobs();

create function write_job_digest() returns trigger language plpgsql as $$
begin
  new.request_digest := job_digest(new.id, new.type, new.credit_id, new.account_id, new.api_key_id, new.request_id, new.request);
  return new;
end $$;
create trigger write_digest before insert on job for each row execute function write_job_digest();

create function note_first_number() returns trigger language plpgsql as $$
begin
  new.numbers_after := (select last_number from invoice_counter);
  new.numbers_up_to := null;
  return new;
end $$;
create trigger note_first_number before insert on bill_run for each row execute function note_first_number();
create function note_last_number() returns trigger language plpgsql as $$
begin
  new.numbers_up_to := case when new.finished_at is not null then (select last_number from invoice_counter) end;
  return new;
end $$;
create trigger note_last_number before update on bill_run for each row
  when ((old.finished_at is null) <> (new.finished_at is null)) execute function note_last_number();

do $$
declare record_table text;
begin
  foreach record_table in array array['account_opening', 'charge_recording', 'credit_change', 'manual_disbursement', 'job_recording',
    'forgotten_job'] loop
    execute format('create trigger append_only before update or delete or truncate on %I for each statement execute function refuse_change()', record_table);
    execute format('grant select on %I to nightbill_service', record_table);
  end loop;
end $$;
