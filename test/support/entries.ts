/** Everything that stands on invoices, in the order in which it stands there, as a relation for SQL. */
export const ENTRIES = `(
  select invoice_id, account_id, 1 as rank, 'charge' as type, id, amount, charged_on::timestamptz as at from charge where invoice_id is not null
  union all
  select reversed_on_invoice_id, account_id, 2, 'reversed_credit', id, amount, created_at from credit where reversed_on_invoice_id is not null
  union all
  select invoice_id, account_id, 3, 'credit', id, amount, created_at from credit where invoice_id is not null)`
