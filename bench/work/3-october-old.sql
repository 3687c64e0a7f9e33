-- The same, in the tables of the old version: a charge is marked, and each line of an invoice is a row.
insert into charge (id, account_id, amount, description, charged_on, billed, created_at)
select charge_id, account_id, charged, 'Subscription, October', '2026-10-05', true, '2026-10-05' from older;
insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance)
select invoice_id, account_id, number, october.id, '2026-10-31', '2026-11-30', charged, charged, charged - disbursed from older, october;
insert into invoice_transaction (invoice_id, account_id, position, type, amount, charge_id)
select invoice_id, account_id, 1, 'charge', charged, charge_id from older;
insert into invoice_transaction (invoice_id, account_id, position, type, amount, credit_id)
select invoice_id, account_id, 2, 'credit', credited, credit_id from older where credit_id is not null;
