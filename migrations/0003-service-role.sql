-- The service runs as a role that may not edit or delete what a bill run has decided. Columns that never change
-- after they are written are left out of its rights, so that a mistake in code is refused by the database.
do $$
begin
  if not exists (select from pg_roles where rolname = 'nightbill_service') then
    create role nightbill_service nologin;
  end if;
exception when duplicate_object or unique_violation then null; -- another database of this server was migrated at the same moment
end $$;
do $$
begin
  if not pg_has_role(current_user, 'nightbill_service', 'set') then
    execute format('grant nightbill_service to %I', current_user);
  end if;
end $$;

grant usage on schema public to nightbill_service;
grant select, insert on all tables in schema public to nightbill_service;
revoke insert on invoice_counter, schema_migration from nightbill_service;

grant update (last_number) on invoice_counter to nightbill_service;
grant update (balance) on invoice to nightbill_service;
grant update (billed) on charge to nightbill_service;
grant update (status, disbursed, invoice_id, reversal_job_id, reversed_on_invoice_id) on credit to nightbill_service;
-- Locking an account for update needs the right to update some column of it.
grant update (name) on account to nightbill_service;
grant update (status, selected_up_to, selected_all, cancel_requested_at, started_at, finished_at, woken_at)
  on bill_run to nightbill_service;
grant update on bill_batch, job, api_key, schedule to nightbill_service;
grant delete on job, idempotency_record, schedule to nightbill_service;
