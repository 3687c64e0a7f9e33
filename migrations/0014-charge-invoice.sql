-- A charge is one row for its whole life: the bill run that bills it stamps it with its invoice. Migrations 0015 and 0016 move the data of
-- invoice_transaction.
-- All locks at once, in the order in which a bill batch of the previous version first uses the tables. A batch has then either not begun, and
-- waits, or is waited for. In any other order the two could wait for each other.
lock table credit, invoice, charge, invoice_transaction in access exclusive mode;

alter table charge add column invoice_id uuid;
alter table invoice add column transaction_count integer check (transaction_count > 0);

-- Workers of the previous version may still bill during the migration. This trigger stamps the charges that they bill.
create function stamp_lines() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update charge set invoice_id = lines.invoice_id from lines
    where lines.type = 'charge' and charge.id = lines.charge_id and charge.account_id = lines.account_id;
  return null;
end $$;
create trigger stamp_lines after insert on invoice_transaction referencing new table as lines
  for each statement execute function stamp_lines();

-- This one counts the lines of the invoices that they write. A worker of the previous version writes the lines before the invoice.
create function count_lines() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  new.transaction_count := (select count(*) from invoice_transaction where invoice_id = new.id);
  return new;
end $$;
create trigger count_lines before insert on invoice for each row execute function count_lines();

-- The progress of migration 0015. Dropped by 0016.
create table stamping_progress (
  singleton boolean primary key default true check (singleton),
  after_charge uuid not null default '00000000-0000-0000-0000-000000000000',
  stamped bigint not null default 0,
  after_invoice uuid not null default '00000000-0000-0000-0000-000000000000',
  counted bigint not null default 0
);
insert into stamping_progress default values;
