-- What the triggers would have recorded, and forgotten requests for the credits.
update bill_run set numbers_after = 0, numbers_up_to = (select last_number from invoice_counter);
insert into account_opening select id, key, currency from account;
insert into charge_recording (recorded_at, charges, amount, checksum)
select created_at, count(*), sum(amount), sum(charge_checksum(id, account_id, amount, charged_on, description, reference)) from charge group by created_at;
insert into credit_change (credit_id, kind) select id, 'reversal_requested' from credit where status = 'reversal_pending';
insert into manual_disbursement select id, credit_id, invoice_id, amount from disbursement;
insert into forgotten_job (type, subject_id, account_id, amount, status) select 'credit', id, account_id, amount, 'done' from credit;
insert into job_recording (jobs) select count(*) from credit;
-- Otherwise the relay would reconcile all of it at once, beside what is measured.
insert into reconciliation (ok, violations) values (true, 0);
