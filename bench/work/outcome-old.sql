-- outcome.sql for the tables of the old version.
with new_invoice as (
  select i.*, a.key from invoice i join account a on a.id = i.account_id join bill_run r on r.id = i.bill_run_id where r.bill_date = '2026-11-30'
)
select
  (select count(*) from new_invoice) as invoices,
  (select trim_scale(sum(balance)) from invoice) as balances,
  (select trim_scale(sum(amount)) from disbursement) as disbursed,
  (select count(*) from disbursement) as disbursements,
  (select count(*) from invoice_transaction) as transactions,
  (select count(*) from charge where billed) as charges_billed,
  (select trim_scale(sum(amount)) from charge where billed) as charged,
  (select count(*) from credit where status = 'issued') as credits_issued,
  (select count(*) from credit where status = 'reversed') as credits_reversed,
  (select trim_scale(sum(amount - disbursed)) from credit) as credits_left,
  (select jsonb_build_array(sum(invoices), trim_scale(sum(charged)), sum(credits_issued_count), trim_scale(sum(credits_issued_amount)),
    trim_scale(sum(disbursed)), sum(credits_reversed_count), trim_scale(sum(credits_reversed_amount))) from bill_batch_total)::text as counted,
  (select sum(hashtextextended(format('%s %s %s %s %s %s', key, issued_on, due_on, trim_scale(total_charge), trim_scale(total), trim_scale(balance)), 0))
    from new_invoice)::text as invoice_hash
