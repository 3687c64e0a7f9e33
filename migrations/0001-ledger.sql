-- The ledger: who is billed, what is owed and given, and what bill runs made of it.
-- Amounts are numeric without a fixed scale: the currency's minor unit is checked at the door, never rounded here.
-- The currency stands once, on the account, and cannot change; composite keys (id, account_id) tie every entry to
-- one account, so two currencies can never meet.

create type bill_run_status as enum ('queued', 'running', 'completed', 'completed_with_failures', 'cancelled');
create type credit_status as enum ('pending', 'deleted', 'issued', 'reversal_pending', 'reversed');
create type transaction_type as enum ('charge', 'credit', 'reversed_credit');

create table account (
  id bigint generated always as identity primary key,
  key text collate "C" not null unique check (key ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  name text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  bill_group text not null default 'default',
  payment_terms_days integer not null default 30 check (payment_terms_days between 0 and 3650),
  created_at timestamptz not null default now()
);

create table bill_run (
  id uuid primary key,
  name text,
  -- What it bills: every account of a group that has something pending, or the named accounts.
  bill_group text,
  account_ids bigint[],
  bill_date date not null,
  status bill_run_status not null default 'queued',
  -- Selection goes on in slices of account ids after this one, so that a crash resumes and no slice is selected twice.
  selected_up_to bigint not null default 0,
  selected_all boolean not null default false,
  cancel_requested_at timestamptz,
  schedule_name text,
  scheduled_for date,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  woken_at timestamptz not null default now(),
  check ((bill_group is null) <> (account_ids is null)),
  check ((schedule_name is null) = (scheduled_for is null)),
  check ((finished_at is not null) = (status in ('completed', 'completed_with_failures', 'cancelled'))),
  -- A cron tick only proposes a run: one for each schedule and business date.
  unique (schedule_name, scheduled_for)
);
create index bill_run_unfinished on bill_run (woken_at) where finished_at is null;

create table invoice_counter (
  singleton boolean primary key default true check (singleton),
  last_number bigint not null default 0
) with (fillfactor = 10);
insert into invoice_counter default values;

create table invoice (
  id uuid not null,
  account_id bigint not null references account,
  number bigint not null unique,
  bill_run_id uuid not null references bill_run,
  issued_on date not null,
  due_on date not null check (due_on >= issued_on),
  total_charge numeric not null check (total_charge >= 0),
  total numeric not null check (total >= total_charge),
  balance numeric not null check (balance >= 0 and balance <= total),
  primary key (id, account_id),
  -- Exactly once for each (bill run, account), whatever is repeated or crashes.
  unique (bill_run_id, account_id)
);
create index invoice_of_account on invoice (account_id, number);
create index invoice_unpaid on invoice (account_id) where balance > 0;

create table charge (
  id uuid not null,
  account_id bigint not null references account,
  amount numeric not null check (amount > 0 and amount < 'Infinity'),
  description text not null,
  charged_on date not null,
  reference text,
  billed boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (id, account_id)
);
create unique index charge_reference on charge (account_id, reference) where reference is not null;
create index charge_pending on charge (account_id, charged_on) where not billed;

create table credit (
  id uuid not null,
  account_id bigint not null references account,
  amount numeric not null check (amount > 0 and amount < 'Infinity'),
  disbursed numeric not null default 0 check (disbursed >= 0 and disbursed <= amount),
  status credit_status not null default 'pending',
  reason text not null,
  note text,
  reference text,
  automatic_disbursement boolean not null,
  invoice_id uuid,
  reversal_job_id uuid,
  reversed_on_invoice_id uuid,
  created_at timestamptz not null,
  primary key (id, account_id),
  -- The invoice is written last in its transaction, so references to it are checked at COMMIT.
  foreign key (invoice_id, account_id) references invoice deferrable initially deferred,
  foreign key (reversed_on_invoice_id, account_id) references invoice deferrable initially deferred,
  check ((invoice_id is null) = (status in ('pending', 'deleted'))),
  check ((reversed_on_invoice_id is not null) = (status = 'reversed')),
  check (invoice_id is not null or disbursed = 0),
  check (status <> 'reversed' or disbursed = amount)
);
create index credit_of_account on credit (account_id, id);
create index credit_pending on credit (account_id) where status in ('pending', 'reversal_pending');
create index credit_carried on credit (account_id)
  where status = 'issued' and automatic_disbursement and disbursed < amount;

create table invoice_transaction (
  invoice_id uuid not null,
  account_id bigint not null,
  position integer not null check (position > 0),
  type transaction_type not null,
  amount numeric not null check (amount > 0 and amount < 'Infinity'),
  charge_id uuid,
  credit_id uuid,
  primary key (invoice_id, position),
  foreign key (invoice_id, account_id) references invoice deferrable initially deferred,
  foreign key (charge_id, account_id) references charge,
  foreign key (credit_id, account_id) references credit,
  check ((charge_id is not null) = (type = 'charge') and (credit_id is not null) = (type <> 'charge'))
);
create unique index invoice_transaction_charge on invoice_transaction (charge_id) where charge_id is not null;
create unique index invoice_transaction_credit on invoice_transaction (credit_id, type) where credit_id is not null;

create table disbursement (
  id uuid primary key,
  credit_id uuid not null,
  invoice_id uuid not null,
  account_id bigint not null,
  amount numeric not null check (amount > 0 and amount < 'Infinity'),
  automatic boolean not null,
  created_at timestamptz not null default now(),
  foreign key (credit_id, account_id) references credit,
  foreign key (invoice_id, account_id) references invoice deferrable initially deferred
);
create index disbursement_of_credit on disbursement (credit_id, id);
create index disbursement_to_invoice on disbursement (invoice_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: what a bill run has decided is never edited, a correction is a new entry', tg_table_name
    using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete or truncate on invoice_transaction
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on disbursement
  for each statement execute function refuse_change();
create trigger never_deleted before delete or truncate on invoice
  for each statement execute function refuse_change();
create trigger never_deleted before delete or truncate on credit
  for each statement execute function refuse_change();
create trigger never_deleted before delete or truncate on charge
  for each statement execute function refuse_change();
create trigger never_deleted before delete or truncate on account
  for each statement execute function refuse_change();
