-- An index for every filter that the lists of invoices and credits gain. Building them takes seconds for each million rows, in which nothing
-- can be written to that table.

-- ?status=overdue, the oldest due first.
create index invoice_unpaid_by_due on invoice (due_on, number) where balance > 0;
-- ?billRunId=, also with a status, which is looked at in the index.
create index invoice_of_run_with_due on invoice (bill_run_id, number, balance, due_on);
drop index invoice_of_run;

-- ?disbursement=, and that with a status or an account, where it is looked at in the index.
create index credit_of_disbursement on credit (automatic_disbursement, id);
create index credit_of_status_with_disbursement on credit (status, id, automatic_disbursement);
drop index credit_of_status;
create index credit_of_account_with_disbursement on credit (account_id, id, status, automatic_disbursement);
drop index credit_of_account_with_status;

-- ?hasLeft=, of an account, of all, and of those that wait for a person. Bill runs keep an index of their own (credit_carried).
create index credit_left_of_account on credit (account_id, id, automatic_disbursement)
  where status = 'issued' and disbursed < amount;
create index credit_left on credit (id, automatic_disbursement) where status = 'issued' and disbursed < amount;
create index credit_left_by_hand on credit (id)
  where status = 'issued' and disbursed < amount and not automatic_disbursement;
