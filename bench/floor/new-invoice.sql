create temporary table new_invoice (
  id uuid, account_id bigint, due_on date, total_charge numeric, total numeric, balance numeric
) on commit delete rows
