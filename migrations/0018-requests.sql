-- A request may be about anything, not only about a credit: its type is text, and it may have a subject and an account. Rewrites the stored
-- requests, which takes seconds for each million. No request can be accepted meanwhile.
drop trigger never_changes on job;
drop trigger requested on credit;
drop function refuse_unrequested();
drop index job_reversal_queued;

alter table job rename column credit_id to subject_id;
alter table job alter column type type text, alter column subject_id drop not null, alter column account_id drop not null;
alter index job_of_credit rename to job_of_subject;
alter table forgotten_job rename column credit_id to subject_id;
alter table forgotten_job alter column type type text, alter column subject_id drop not null;
alter table job add constraint job_subject_check check (type not in ('credit', 'reversal') or subject_id is not null and account_id is not null);

-- At most one reversal of a credit is queued at a time; a repeated request finds it.
create unique index job_reversal_queued on job (subject_id) where type = 'reversal' and status = 'queued';

drop function job_digest(uuid, job_type, uuid, bigint, uuid, text, jsonb);
create function job_digest(id uuid, type text, subject_id uuid, account_id bigint, api_key_id uuid, request_id text, request jsonb)
returns bytea language sql stable parallel safe
  return sha256(convert_to(concat_ws(' ', id, type, subject_id, account_id, api_key_id, request_id, request), 'UTF8'));
drop type job_type;

create or replace function write_job_digest() returns trigger language plpgsql as $$
begin
  new.request_digest := job_digest(new.id, new.type, new.subject_id, new.account_id, new.api_key_id, new.request_id, new.request);
  return new;
end $$;

create or replace function record_forgotten_jobs() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into forgotten_job (job_id, type, subject_id, account_id, amount, status)
    select id, type, subject_id, account_id, case when type = 'credit' then (request->>'amount')::numeric end, status from forgotten;
  return null;
end $$;

create trigger never_changes after update on job for each row
  when ((old.id, old.type, old.subject_id, old.account_id, old.api_key_id, old.request_id, old.request, old.request_digest)
    is distinct from (new.id, new.type, new.subject_id, new.account_id, new.api_key_id, new.request_id, new.request, new.request_digest))
  execute function refuse_second_writing('what was accepted');

-- A credit can be recorded only for a queued request with its account and its amount.
create function refuse_unrequested() returns trigger language plpgsql as $$
declare
  unrequested uuid;
begin
  select id into unrequested from recorded where status <> 'pending' or not exists (
    select from job where job.subject_id = recorded.id and job.type = 'credit' and job.status = 'queued'
      and job.account_id = recorded.account_id and (job.request->>'amount')::numeric = recorded.amount)
    limit 1;
  if found then
    raise exception 'nobody asked for credit %, as it is', unrequested using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger requested after insert on credit referencing new table as recorded
  for each statement execute function refuse_unrequested();
