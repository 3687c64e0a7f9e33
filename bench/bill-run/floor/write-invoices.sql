-- $1 bill run, $2 bill date.
with counter as (
  update invoice_counter set last_number = last_number + (select count(*) from new_invoice)
  returning last_number - (select count(*) from new_invoice) as before
)
insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance,
  transaction_count)
select id, account_id, counter.before + row_number() over (order by account_id), $1, $2, due_on, payment_terms_days,
  total_charge, total, balance, transaction_count
from counter, new_invoice
