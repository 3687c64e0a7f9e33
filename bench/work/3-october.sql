-- October's charges and invoices: a charge is stamped with its invoice.
insert into charge (id, account_id, amount, description, charged_on, invoice_id, created_at)
select charge_id, account_id, charged, 'Subscription, October', '2026-10-05', invoice_id, '2026-10-05' from older;
insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance, transaction_count)
select invoice_id, account_id, number, october.id, '2026-10-31', '2026-11-30', 30, charged, charged, charged - disbursed,
  case when credit_id is null then 1 else 2 end
from older, october;
