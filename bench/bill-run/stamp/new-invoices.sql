-- An invoice for every account, to stamp its charges with: $1 bill run, $2 bill date. Its figures are of no account.
insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance, transaction_count)
select uuidv7(), id, last_number + id, $1, $2, $2, 0, 0, 0, 0, 1 from account, invoice_counter
