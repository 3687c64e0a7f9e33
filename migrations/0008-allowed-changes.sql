-- What may change, and how. Triggers that look at rows fire after them and only when their condition holds, so that a bill run pays for
-- comparing a few columns and for nothing else.

create function refuse_move() returns trigger language plpgsql as $$
begin
  raise exception '% cannot go from % to %', tg_table_name, old.status, new.status using errcode = 'restrict_violation';
end $$;
create trigger allowed_moves after update on credit for each row
  when (old.status <> new.status and (old.status, new.status) not in (('pending', 'deleted'), ('pending', 'issued'), ('issued', 'reversal_pending'),
    ('reversal_pending', 'issued'), ('reversal_pending', 'reversed')))
  execute function refuse_move();
create trigger allowed_moves after update on job for each row
  when (old.status <> new.status and (old.status, new.status) not in (('queued', 'done'), ('queued', 'failed'), ('failed', 'queued')))
  execute function refuse_move();
create trigger allowed_moves after update on bill_batch for each row
  when (old.status <> new.status and (old.status, new.status) not in (('open', 'done'), ('open', 'split'), ('open', 'failed'), ('open', 'cancelled'),
    ('failed', 'open')))
  execute function refuse_move();
create trigger allowed_moves after update on bill_run for each row
  when (old.status <> new.status and (old.status, new.status) not in (('queued', 'running'), ('queued', 'cancelled'), ('running', 'completed'),
    ('running', 'completed_with_failures'), ('running', 'cancelled'), ('completed_with_failures', 'running')))
  execute function refuse_move();

create function refuse_second_writing() returns trigger language plpgsql as $$
begin
  raise exception '%: % is written once', tg_table_name, tg_argv[0] using errcode = 'restrict_violation';
end $$;
create trigger attached_once after update on credit for each row
  when (old.invoice_id is not null and new.invoice_id is distinct from old.invoice_id)
  execute function refuse_second_writing('invoice_id');
create trigger reversed_once after update on credit for each row
  when (old.reversed_on_invoice_id is not null and new.reversed_on_invoice_id is distinct from old.reversed_on_invoice_id)
  execute function refuse_second_writing('reversed_on_invoice_id');
create trigger billed_once after update on charge for each row
  when (old.billed and not new.billed) execute function refuse_second_writing('billed');
-- What is disbursed is never taken back, and what an invoice owes never grows again: a correction is a new entry.
create trigger disbursed_grows after update on credit for each row
  when (new.disbursed < old.disbursed) execute function refuse_second_writing('disbursed');
create trigger balance_falls after update on invoice for each row
  when (new.balance > old.balance) execute function refuse_second_writing('balance');
create trigger counted_once after update on bill_batch for each row
  when (old.status <> 'open' and (old.billed, old.nothing_to_bill) is distinct from (new.billed, new.nothing_to_bill))
  execute function refuse_second_writing('what a batch counted');
create trigger selected_once after update on bill_run for each row
  when (old.selected_all and not new.selected_all) execute function refuse_second_writing('selected_all');
create trigger counter_counts_up after update on invoice_counter for each row
  when (new.last_number < old.last_number) execute function refuse_second_writing('last_number');
create trigger never_changes after update on account for each row
  when ((old.id, old.key, old.currency) is distinct from (new.id, new.key, new.currency))
  execute function refuse_second_writing('its key and its currency');
create trigger never_changes after update on job for each row
  when ((old.id, old.type, old.credit_id, old.account_id, old.api_key_id, old.request_id, old.request, old.request_digest)
    is distinct from (new.id, new.type, new.credit_id, new.account_id, new.api_key_id, new.request_id, new.request, new.request_digest))
  execute function refuse_second_writing('what was accepted');
create trigger never_changes after update on api_key for each row
  when ((old.id, old.key_hash, old.scopes) is distinct from (new.id, new.key_hash, new.scopes))
  execute function refuse_second_writing('its hash and its scopes');

-- A run ends when its batches have, and as they have.
create function refuse_early_end() returns trigger language plpgsql as $$
begin
  if not new.selected_all or exists (select from bill_batch where bill_run_id = new.id and status = any(case new.status
      when 'completed' then array['open', 'failed', 'cancelled']
      when 'completed_with_failures' then array['open', 'cancelled']
      else array['open'] end::bill_batch_status[])) then
    raise exception 'bill run % is not %: its batches are not', new.id, new.status using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger ended_as_batches after update on bill_run for each row
  when (old.finished_at is null and new.finished_at is not null) execute function refuse_early_end();

-- A credit is recorded for a request that is queued, of its account and at its amount.
create function refuse_unrequested() returns trigger language plpgsql as $$
declare
  unrequested uuid;
begin
  select id into unrequested from recorded where status <> 'pending' or not exists (
    select from job where job.credit_id = recorded.id and job.type = 'credit' and job.status = 'queued'
      and job.account_id = recorded.account_id and (job.request->>'amount')::numeric = recorded.amount)
    limit 1;
  if found then
    raise exception 'nobody asked for credit %, as it is', unrequested using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger requested after insert on credit referencing new table as recorded
  for each statement execute function refuse_unrequested();

-- What waits to be carried out is never deleted, and a reference is free again only when its job has failed or is gone.
create function refuse_deletion() returns trigger language plpgsql as $$
begin
  raise exception '%: what was accepted is not given up', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger carried_out_first after delete on job for each row
  when (old.status = 'queued') execute function refuse_deletion();
create function refuse_to_free() returns trigger language plpgsql as $$
begin
  if exists (select from job where id = old.job_id and status <> 'failed') or exists (select from credit where id = old.credit_id) then
    raise exception 'the reference % is in use', old.reference using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger freed_when_failed after update or delete on credit_reference for each row execute function refuse_to_free();
create trigger never_emptied before truncate on credit_reference for each statement execute function refuse_change();
create trigger never_emptied before truncate on job for each statement execute function refuse_change();
create trigger never_deleted before delete or truncate on bill_run for each statement execute function refuse_change();
create trigger never_deleted before delete or truncate on bill_batch for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on bill_batch_total for each statement execute function refuse_change();

-- An automatic credit ends either itself or the invoice that it goes to: it never goes to one twice.
create unique index disbursement_automatic_once on disbursement (credit_id, invoice_id) where automatic;

-- The service updates only what changes. What a request, a batch and a key are is left out, whatever columns they have besides.
revoke update on bill_batch, job, api_key, schedule from nightbill_service;
do $$
declare
  changing record;
begin
  for changing in
    select attrelid::regclass as at, string_agg(quote_ident(attname), ', ') as columns from pg_attribute
    where attnum > 0 and not attisdropped and (
      attrelid = 'job'::regclass and attname not in ('id', 'type', 'credit_id', 'account_id', 'request', 'request_digest', 'api_key_id', 'request_id', 'created_at')
      or attrelid = 'bill_batch'::regclass and attname not in ('id', 'bill_run_id', 'account_ids', 'accounts')
      or attrelid = 'schedule'::regclass and attname <> 'name')
    group by attrelid
  loop
    execute format('grant update (%s) on %s to nightbill_service', changing.columns, changing.at);
  end loop;
end $$;
grant update (revoked_at) on api_key to nightbill_service;
grant update (credit_id, job_id, content_hash), delete on credit_reference to nightbill_service;
