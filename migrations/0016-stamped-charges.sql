-- From here on, the lines of an invoice are the charges, the credits and the reversals that name it. Processes of the previous version
-- cannot work after this; processes of this version retry the work that they had started. Reads no table, so that
-- the locks are held only briefly.
-- The order of the locks is that of 0014.
lock table credit, invoice, charge, invoice_transaction in access exclusive mode;

-- The constraint was validated by 0015, so this need not read the table.
alter table invoice alter column transaction_count set not null;
alter table invoice drop constraint invoice_counted;

drop trigger count_lines on invoice;
drop function count_lines();
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

-- A bill run writes the invoice last, so references to it are checked at COMMIT. Existing rows are checked by 0017,
-- without these locks.
alter table charge add foreign key (invoice_id, account_id) references invoice deferrable initially deferred not valid;

create trigger stamped_once after update on charge for each row
  when (old.invoice_id is not null and new.invoice_id is distinct from old.invoice_id)
  execute function refuse_second_writing('invoice_id');
create trigger counted_once after update on invoice for each row
  when (new.transaction_count <> old.transaction_count) execute function refuse_second_writing('transaction_count');

-- The row of a run is updated with each slice of accounts that is selected, and read for each invoice of the run. With almost empty pages,
-- Postgres removes old versions of the row already when it is read.
alter table bill_run set (fillfactor = 10);

grant update (invoice_id) on charge to nightbill_service;
