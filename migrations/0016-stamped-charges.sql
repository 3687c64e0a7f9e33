-- From here on, what stands on an invoice is the charges, the credits and the reversals that name it. Workers and API processes of the version
-- before cannot go on: what they were at is tried again by those of this one. Looks at every invoice once, under its lock: seconds for millions.
lock table invoice_transaction in access exclusive mode;

-- Billed by a worker of the version before since 0015 passed: it stamped its charges, and did not count its lines.
update invoice set transaction_count = (select count(*) from invoice_transaction where invoice_id = invoice.id)
where transaction_count is null;
alter table invoice alter column transaction_count set not null;

drop trigger stamp_lines on invoice_transaction;
drop function stamp_lines();
drop table invoice_transaction;
drop table stamping_progress;
drop type transaction_type;

drop trigger billed_once on charge;
drop index charge_pending;
alter table charge drop column billed;
alter index charge_to_bill rename to charge_pending;
alter table charge drop constraint charge_pkey;
alter table charge add constraint charge_pkey primary key using index charge_by_id;

-- The invoice is written last in its transaction, so references to it are checked at COMMIT. What is there was checked when it was written.
alter table charge add foreign key (invoice_id, account_id) references invoice deferrable initially deferred not valid;

create trigger stamped_once after update on charge for each row
  when (old.invoice_id is not null and new.invoice_id is distinct from old.invoice_id)
  execute function refuse_second_writing('invoice_id');
create trigger counted_once after update on invoice for each row
  when (new.transaction_count <> old.transaction_count) execute function refuse_second_writing('transaction_count');

-- Every invoice of a run looks its run up, whose row is rewritten with each slice that is selected: the versions gone by are cleared away at
-- every look only where a page is meant to be almost empty.
alter table bill_run set (fillfactor = 10);

grant update (invoice_id) on charge to nightbill_service;
