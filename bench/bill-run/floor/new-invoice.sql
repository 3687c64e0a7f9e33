create temporary table new_invoice (
  id uuid, account_id bigint, due_on date, payment_terms_days integer, total_charge numeric, total numeric, balance numeric, transaction_count integer
) on commit delete rows
