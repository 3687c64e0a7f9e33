-- What came of a run, in a form that two ways of billing can be compared by: figures for people, and sums of hashes over what each
-- account got. Ids of new rows and invoice numbers are left out: who is billed first is nobody's rule. outcome-old.sql has those of
-- them, by the same names, that do not depend on the tables of this version or on the ids of what was to be billed.
with new_invoice as (
  select i.*, a.key from invoice i join account a on a.id = i.account_id join bill_run r on r.id = i.bill_run_id where r.bill_date = '2026-11-30'
)
select
  (select count(*) from new_invoice) as invoices,
  (select trim_scale(sum(balance)) from invoice) as balances,
  (select trim_scale(sum(amount)) from disbursement) as disbursed,
  (select count(*) from disbursement) as disbursements,
  (select sum(transaction_count) from invoice) as transactions,
  (select count(*) from charge where invoice_id is not null) as charges_billed,
  (select trim_scale(sum(amount)) from charge where invoice_id is not null) as charged,
  (select count(*) from credit where status = 'issued') as credits_issued,
  (select count(*) from credit where status = 'reversed') as credits_reversed,
  (select trim_scale(sum(amount - disbursed)) from credit) as credits_left,
  (select jsonb_build_array(sum(invoices), trim_scale(sum(charged)), sum(credits_issued_count), trim_scale(sum(credits_issued_amount)),
    trim_scale(sum(disbursed)), sum(credits_reversed_count), trim_scale(sum(credits_reversed_amount))) from bill_batch_total)::text as counted,
  (select sum(hashtextextended(format('%s %s %s %s %s %s', key, issued_on, due_on, trim_scale(total_charge), trim_scale(total), trim_scale(balance)), 0))
    from new_invoice)::text as invoice_hash,
  (select sum(hashtextextended(format('%s %s %s', n.key, c.id, n.transaction_count), 0))
    from charge c join new_invoice n on n.id = c.invoice_id)::text as charge_hash,
  (select sum(hashtextextended(format('%s %s %s %s', d.credit_id, i.issued_on, trim_scale(d.amount), d.account_id), 0))
    from disbursement d join invoice i on i.id = d.invoice_id)::text as disbursement_hash,
  (select sum(hashtextextended(format('%s %s %s %s %s', id, status, trim_scale(disbursed), invoice_id is null, reversed_on_invoice_id is null), 0))
    from credit)::text as credit_hash
