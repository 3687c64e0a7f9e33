-- An index for every filter that a list offers, and for what expires. Building them takes seconds for each million rows, in which nothing
-- can be written to that table. Each costs every bill run or every credit a little, so there is none that no filter needs.

-- ?billGroup=, and the accounts of a small group for its bill runs.
create index account_of_group on account (bill_group, id);

-- ?status=
create index credit_of_status on credit (status, id);
-- ?accountId=, also with a status, which is then looked at in the index.
create index credit_of_account_with_status on credit (account_id, id, status);
drop index credit_of_account;

-- ?billRunId=, also with a status, which is then looked at in the index.
create index invoice_of_run on invoice (bill_run_id, number, balance);
-- ?status=
create index invoice_unpaid_number on invoice (number) where balance > 0;
create index invoice_paid_number on invoice (number) where balance = 0;
-- An account's unpaid invoices, oldest due first.
create index invoice_unpaid_due on invoice (account_id, due_on, number) where balance > 0;
drop index invoice_unpaid;

-- The failures of a run: each is a batch of one account.
create index bill_batch_failed on bill_batch (bill_run_id, (account_ids[1])) where status = 'failed';

-- What is forgotten when it is old. A range of blocks (BRIN) does not do: new rows take the places of deleted ones, and soon every range
-- has something old and something new.
create index job_finished on job (finished_at) where finished_at is not null;
create index idempotency_record_created on idempotency_record (created_at);
drop index idempotency_record_age;
