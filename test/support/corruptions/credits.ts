import { type Corruption, copy, credit, DISBURSEMENT, disbursement, invoice, SUMS } from './corruption.ts'

/** One more of a disbursement, as at another moment or the same, with the sums of its credit and its invoice that agree. */
const again = (of: string, automatic: string) => `
  ${copy('disbursement', DISBURSEMENT, `gen_random_uuid(), credit_id, invoice_id, account_id, 1, ${automatic}, created_at`, `id = ${of}`)};
  update credit set disbursed = disbursed + 1 where id = (select credit_id from disbursement where id = ${of});
  update invoice set balance = balance - 1 where id = (select invoice_id from disbursement where id = ${of})`

/** Of credits, and of what is disbursed of them. */
export const CREDIT_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'more disbursed of a credit than there is',
    statements: `update credit set disbursed = amount + 1 where id = ${credit('issued')}`,
    rules: ['credit_left', 'conservation'],
  },
  {
    what: 'more disbursed than was',
    statements: `update credit set disbursed = disbursed + 1 where id = ${credit('issued')}`,
    rules: ['credit_left', 'conservation'],
    possible: SUMS,
  },
  {
    what: 'less disbursed than was',
    statements: `update credit set disbursed = 0 where id = ${credit('reversed')}`,
    rules: ['credit_left', 'credit_status'],
  },
  {
    what: 'disbursed though pending',
    statements: `update credit set disbursed = 1 where id = ${credit('pending')}`,
    rules: ['credit_left'],
  },
  {
    what: "a pending credit's sign flipped",
    statements: `update credit set amount = -amount where id = ${credit('pending')}`,
    rules: ['credit_left', 'accepted_jobs'],
  },
  {
    what: 'issued, and on no invoice',
    statements: `update credit set status = 'issued', invoice_id = null where id = ${credit('pending')}`,
    rules: ['credit_status'],
  },
  {
    what: 'pending, and on an invoice',
    statements: `update credit set status = 'pending' where id = ${credit('issued')}`,
    rules: ['credit_status'],
  },
  {
    what: 'taken off its invoice, and pending again',
    statements: `set local session_replication_role = replica; update credit set status = 'pending', invoice_id = null where id = ${credit('issued')}`,
    rules: ['invoice_totals', 'bill_run_counts'],
  },
  {
    what: 'deleted, and on an invoice',
    statements: `update credit set status = 'deleted' where id = ${credit('issued')}`,
    rules: ['credit_status'],
  },
  {
    what: 'reversed, and on no invoice as such',
    statements: `update credit set status = 'reversed' where id = ${credit('reversal_pending')}`,
    rules: ['credit_status'],
  },
  {
    what: 'no longer reversed, where it was',
    statements: `update credit set status = 'issued', reversed_on_invoice_id = null where id = ${credit('reversed')}`,
    rules: ['invoice_totals', 'bill_run_counts', 'conservation'],
  },
  {
    what: 'attached to an invoice by no bill run',
    statements: `update credit set status = 'issued', invoice_id = ${invoice} where id = ${credit('pending')}`,
    rules: ['invoice_totals', 'bill_run_counts'],
    possible: SUMS,
  },
  {
    what: 'attached to another invoice than it was',
    statements: `update credit set invoice_id = (select max(id::text)::uuid from invoice where account_id = credit.account_id and id <> credit.invoice_id) where id = ${credit('issued')}`,
    rules: ['invoice_totals'],
  },
  {
    what: 'reversed on another invoice than it was',
    statements: `update credit set reversed_on_invoice_id = invoice_id where id = ${credit('reversed')}`,
    rules: ['invoice_totals'],
  },
  {
    what: 'a deleted credit pending again',
    statements: `update credit set status = 'pending' where id = ${credit('deleted')}`,
    rules: ['credit_changes'],
  },
  {
    what: 'a pending credit deleted by nobody',
    statements: `set local session_replication_role = replica; update credit set status = 'deleted' where id = ${credit('pending')}`,
    rules: ['credit_changes'],
  },
  {
    what: 'a reversal done, and the credit issued without a cancellation',
    statements: `set local session_replication_role = replica;
      update credit set status = 'issued', reversal_job_id = null where id = ${credit('reversal_pending')}`,
    rules: ['credit_changes'],
  },
  {
    what: 'a reversal that was cancelled, and is pending again',
    statements: `set local session_replication_role = replica;
      update credit set status = 'reversal_pending' where id = (select credit_id from credit_change where kind = 'reversal_cancelled' limit 1)`,
    rules: ['credit_changes'],
  },
  {
    what: 'the record of a deletion gone',
    statements: "delete from credit_change where kind = 'deleted'",
    rules: ['credit_changes'],
  },
  {
    what: 'a reversal that names the job of another',
    statements: `update credit set reversal_job_id = gen_random_uuid() where id = ${credit('reversal_pending')}`,
    rules: ['accepted_jobs'],
    possible: 'it marks credits for reversal; no job is looked up for each',
  },

  {
    what: 'a disbursement lost',
    statements: `delete from disbursement where id = ${disbursement(false)}`,
    rules: ['invoice_totals', 'credit_left', 'manual_disbursements'],
  },
  {
    what: 'a disbursement twice',
    statements: copy(
      'disbursement',
      DISBURSEMENT,
      'gen_random_uuid(), credit_id, invoice_id, account_id, amount, automatic, created_at',
      `id = ${disbursement(true)}`,
    ),
    rules: ['invoice_totals', 'credit_left', 'automatic_disbursements'],
  },
  {
    what: 'a disbursement by hand twice, with sums that agree',
    statements: `set local session_replication_role = replica; ${again(disbursement(false), 'automatic')}`,
    rules: ['manual_disbursements'],
  },
  {
    what: 'a disbursement by a run twice, with sums that agree',
    statements: `${again(disbursement(true), 'automatic')};
      update bill_batch_total set disbursed = disbursed + 1 where bill_batch_id = (
        select b.id from bill_batch b join disbursement d on d.account_id = any(b.account_ids) and d.created_at = b.finished_at where d.id = ${disbursement(true)} limit 1)`,
    rules: ['automatic_disbursements'],
  },
  {
    what: 'a disbursement by hand gone, with sums that agree',
    statements: `update credit set disbursed = disbursed - 20 where id = (select credit_id from disbursement where id = ${disbursement(false)});
      update invoice set balance = balance + 20 where id = (select invoice_id from disbursement where id = ${disbursement(false)});
      delete from disbursement where id = ${disbursement(false)}`,
    rules: ['manual_disbursements'],
  },
  {
    what: 'a disbursement by hand that passes as one of a run',
    statements: `update disbursement set automatic = true where id = ${disbursement(false)}`,
    rules: ['bill_run_disbursed', 'automatic_disbursements', 'manual_disbursements'],
  },
  {
    what: 'a disbursement of a run that passes as one by hand',
    statements: `update disbursement set automatic = false where id = ${disbursement(true)}`,
    rules: ['bill_run_disbursed', 'manual_disbursements'],
  },
  {
    what: 'a run that disbursed a manual credit',
    statements: `update credit set automatic_disbursement = false where id = (select credit_id from disbursement d join credit c on c.id = credit_id
      where automatic and automatic_disbursement and d.invoice_id is distinct from reversed_on_invoice_id limit 1)`,
    rules: ['automatic_disbursements'],
  },
]
