import { batchOfInvoice, type Corruption, firstRun, invoice, lastRun } from './corruption.ts'

/** A batch of the first run with the columns changed, as each of these statuses demands. */
const batch = (set: string) => `update bill_batch set ${set} where id = ${batchOfInvoice}`
const total = (set: string) => `update bill_batch_total set ${set} where bill_batch_id = ${batchOfInvoice}`

/** Of bill runs, their batches and their counts. */
export const BILL_RUN_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a batch open in a run that is completed',
    statements: batch("status = 'open', finished_at = null"),
    rules: ['bill_run_status'],
  },
  {
    what: 'a batch failed in a run that is completed',
    statements: batch("status = 'failed', failure_code = 'internal_error', failure_message = 'm'"),
    rules: ['bill_run_status'],
  },
  {
    what: 'a batch cancelled in a run that is completed',
    statements: batch("status = 'cancelled'"),
    rules: ['bill_run_status'],
  },
  {
    what: 'a batch more, open, in a run that is completed',
    statements: `insert into bill_batch (id, bill_run_id, account_ids) select gen_random_uuid(), ${firstRun}, '{987654321}'`,
    rules: ['bill_run_status'],
    possible: 'it cuts batches; the run would bill one account more, or none',
  },
  {
    what: 'a run with failures that has none',
    statements: `update bill_run set status = 'completed_with_failures' where id = ${firstRun}`,
    rules: ['bill_run_status'],
  },
  {
    what: 'a run cancelled by nobody',
    statements: `update bill_run set status = 'cancelled' where id = ${firstRun}`,
    rules: ['bill_run_status'],
  },
  {
    what: 'a run that ended before all was selected',
    statements: `update bill_run set selected_all = false where id = ${firstRun}`,
    rules: ['bill_run_status'],
  },
  {
    what: 'a run that ended, and waits',
    statements: `update bill_run set status = 'queued', finished_at = null where id = ${firstRun}`,
    rules: ['bill_run_status'],
  },
  {
    what: 'an account in two batches of a run',
    statements: `insert into bill_batch (id, bill_run_id, account_ids, status, nothing_to_bill, finished_at)
      select gen_random_uuid(), bill_run_id, array[account_id], 'done', 1, now() from invoice where id = ${invoice}`,
    rules: ['bill_run_accounts', 'bill_run_counts'],
    possible: 'it cuts batches, and closes them with their counts',
  },
  {
    what: 'a named account that was passed over',
    statements: `update bill_run set account_ids = account_ids || (select max(id) from account) where id = ${lastRun}`,
    rules: ['bill_run_accounts'],
  },
  {
    what: 'an invoice moved to another run',
    statements: `update invoice set bill_run_id = ${lastRun} where id = ${invoice}`,
    rules: ['bill_run_counts', 'invoice_order', 'invoice_dates'],
  },

  {
    what: 'a batch that counted one account less as billed',
    statements: batch('billed = billed - 1, nothing_to_bill = nothing_to_bill + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that found nothing to bill for more than it has',
    statements: batch('nothing_to_bill = nothing_to_bill + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that counted an account as billed which has no invoice',
    statements: batch('account_ids = account_ids || 987654321::bigint, billed = billed + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that counted too many invoices',
    statements: total('invoices = invoices + 1'),
    rules: ['bill_run_counts'],
  },
  { what: 'a batch that counted too much', statements: total('charged = charged + 0.001'), rules: ['bill_run_counts'] },
  {
    what: 'a batch that counted credits which it did not issue',
    statements: total('credits_issued_count = credits_issued_count + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that counted them at another amount',
    statements: total('credits_issued_amount = credits_issued_amount + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that counted reversals which it did not make',
    statements: total('credits_reversed_count = credits_reversed_count + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that counted those at another amount',
    statements: total('credits_reversed_amount = credits_reversed_amount + 1'),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch that counted more disbursed than it did',
    statements: total('disbursed = disbursed + 1'),
    rules: ['bill_run_disbursed'],
  },
  {
    what: 'a batch that counted in another currency',
    statements: total("currency = 'CHF'"),
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch whose counts are lost',
    statements: `delete from bill_batch_total where bill_batch_id = ${batchOfInvoice}`,
    rules: ['bill_run_counts'],
  },
  {
    what: 'a batch whose counts are of another run',
    statements: total(`bill_run_id = ${lastRun}`),
    rules: ['bill_run_counts'],
  },
  {
    what: 'counts moved from one batch of a run to another',
    statements: `update bill_batch_total set charged = charged + case when bill_batch_id = ${batchOfInvoice} then 1 else -1 end where bill_run_id = ${firstRun}`,
    rules: ['bill_run_counts'],
  },
]
