import {
  batchOfInvoice,
  type Corruption,
  charge,
  copy,
  credit,
  disbursement,
  firstRun,
  INVOICE,
  invoice,
  lastRun,
  SUMS,
} from './corruption.ts'

/** Of invoices, their numbers and their lines. */
export const INVOICE_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a balance too high',
    statements: `update invoice set balance = balance + 0.01 where id = ${invoice}`,
    rules: ['invoice_totals', 'conservation'],
  },
  {
    what: 'a balance too low',
    statements: `update invoice set balance = balance - 0.01 where id = ${invoice}`,
    rules: ['invoice_totals', 'conservation'],
    possible: SUMS,
  },
  {
    what: 'a balance below zero',
    statements: `update invoice set balance = -1 where id = ${invoice}`,
    rules: ['invoice_totals', 'conservation'],
  },
  {
    what: 'a total too low',
    statements: `update invoice set total = total - 1 where id = ${invoice}`,
    rules: ['invoice_totals'],
  },
  {
    what: 'a total charge too high',
    statements: `update invoice set total_charge = total_charge + 1 where id = ${invoice}`,
    rules: ['invoice_totals', 'bill_run_counts'],
  },
  {
    what: "a charge's sign flipped where it stands",
    statements: `update charge set amount = -amount where invoice_id = ${invoice}`,
    rules: ['invoice_totals', 'recorded_charges'],
  },
  {
    what: 'a count of lines that is not theirs',
    statements: `update invoice set transaction_count = transaction_count + 1 where id = ${invoice}`,
    rules: ['invoice_totals'],
  },
  {
    what: 'an invoice of nothing but air',
    statements: `${copy('invoice', INVOICE, 'gen_random_uuid(), account_id, (select max(number) + 1 from invoice), gen_random_uuid(), issued_on, due_on, 0, 0, 0, 1', `id = ${invoice}`)};
      update invoice_counter set last_number = last_number + 1`,
    rules: ['invoice_totals', 'bill_run_counts', 'invoice_dates'],
  },
  {
    what: 'an invoice gone from under its lines',
    statements: `delete from invoice where id = ${invoice}`,
    rules: ['entries_of_invoices', 'invoice_numbers', 'bill_run_counts'],
  },
  {
    what: 'the last invoice gone, with its lines',
    statements: `delete from charge where invoice_id = (select id from invoice order by number desc limit 1);
      delete from invoice where number = (select max(number) from invoice); update invoice_counter set last_number = last_number - 1`,
    rules: ['recorded_charges', 'bill_run_counts'],
  },
  {
    what: 'issued on another day than its run bills',
    statements: `update invoice set issued_on = issued_on + 1, due_on = due_on + 1 where id = ${invoice}`,
    rules: ['invoice_dates'],
  },
  {
    what: 'due later than its terms',
    statements: `update invoice set due_on = due_on + 30 where id = ${invoice}`,
    rules: ['invoice_dates'],
  },
  {
    what: 'due later than its terms, which are gone',
    statements: `update invoice set due_on = due_on + 30, payment_terms_days = null where id = ${invoice}`,
    rules: ['invoice_dates'],
  },
  {
    what: "a run's bill date changed",
    statements: `update bill_run set bill_date = bill_date + 1 where id = ${firstRun}`,
    rules: ['invoice_dates'],
  },
  {
    what: 'a charge billed before its date',
    statements: `update charge set charged_on = '2027-01-01' where id = ${charge(true)}`,
    rules: ['billed_in_time', 'recorded_charges'],
  },
  {
    what: 'a second invoice of a run for an account',
    statements: `update invoice set bill_run_id = (select bill_run_id from invoice first where first.account_id = invoice.account_id order by number limit 1)
      where number = (select max(number) from invoice)`,
    rules: ['one_invoice_a_run', 'bill_run_counts', 'invoice_order'],
  },

  {
    what: 'a gap in the numbers',
    statements: 'update invoice set number = number + 1 where number = (select max(number) from invoice)',
    rules: ['invoice_numbers'],
  },
  { what: 'a number twice', statements: 'update invoice set number = 1 where number = 2', rules: ['invoice_numbers'] },
  {
    what: 'numbers that begin at two',
    statements: 'update invoice set number = number + 1; update invoice_counter set last_number = last_number + 1',
    rules: ['invoice_numbers'],
  },
  {
    what: 'numbers that begin at nought, with a gap, as many as the counter says',
    statements: 'update invoice set number = 0 where number = 1',
    rules: ['invoice_numbers'],
  },
  {
    what: 'numbers of two runs exchanged',
    statements: `update invoice set number = -1 where number = 1; update invoice set number = 1 where number = (select max(number) from invoice);
      update invoice set number = (select last_number from invoice_counter) where number = -1`,
    rules: ['invoice_order'],
  },
  {
    what: 'numbers of two batches of a run exchanged',
    statements:
      'update invoice set number = -1 where number = 2; update invoice set number = 2 where number = 3; update invoice set number = 3 where number = -1',
    rules: ['invoice_order'],
  },
  {
    what: 'a run that no longer tells where its numbers end',
    statements: `update bill_run set numbers_up_to = null where id = ${lastRun}`,
    rules: ['invoice_order'],
  },
  {
    what: 'a counter that ran ahead',
    statements: 'update invoice_counter set last_number = last_number + 1',
    rules: ['invoice_numbers'],
    possible: 'it takes numbers',
  },
  {
    what: 'a counter that fell behind',
    statements: 'update invoice_counter set last_number = last_number - 1',
    rules: ['invoice_numbers'],
  },
  { what: 'no counter at all', statements: 'delete from invoice_counter', rules: ['invoice_numbers'] },

  {
    what: 'money that nobody entered, with books that look right',
    statements: `update invoice set total = total + 5, total_charge = total_charge + 5, balance = balance + 5 where id = ${invoice};
      update charge set amount = amount + 5 where id = (select min(id::text)::uuid from charge where invoice_id = ${invoice});
      update bill_batch_total set charged = charged + 5 where bill_batch_id = ${batchOfInvoice}`,
    rules: ['recorded_charges'],
  },
  {
    what: "a charge moved to another account's invoice",
    statements: `update charge set invoice_id = (select id from invoice order by number desc limit 1) where id = ${charge(true)}`,
    rules: ['billed_charges', 'one_account_one_currency', 'invoice_totals'],
  },
  {
    what: 'a credit attached to an invoice of another account',
    statements: `update credit set invoice_id = (select id from invoice where account_id <> credit.account_id order by number limit 1) where id = ${credit('issued')}`,
    rules: ['one_account_one_currency', 'invoice_totals'],
  },
  {
    what: 'a disbursement that names another account',
    statements: `update disbursement set account_id = (select max(id) from account) where id = ${disbursement(false)}`,
    rules: ['one_account_one_currency'],
  },
  {
    what: "a disbursement moved to another account's invoice",
    statements: `update disbursement set invoice_id = (select id from invoice order by number desc limit 1) where id = ${disbursement(false)}`,
    rules: ['invoice_totals', 'one_account_one_currency'],
  },
  {
    what: 'a pending charge on an invoice',
    statements: `update charge set invoice_id = ${invoice}
      where id = (select id from charge where invoice_id is null and account_id = (select account_id from invoice where id = ${invoice}) limit 1)`,
    rules: ['invoice_totals', 'conservation'],
    possible: SUMS,
  },
]
