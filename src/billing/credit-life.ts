export type CreditStatus = 'pending' | 'deleted' | 'issued' | 'reversal_pending' | 'reversed'

/** What can be done to a credit: by hand (`delete`, `disburse`, `reverse`, `cancel_reversal`), or by a bill run. */
export type CreditAction = 'delete' | 'disburse' | 'reverse' | 'cancel_reversal' | 'attach' | 'apply_reversal'

/** Why an action is refused: a code of problems.ts, and a text that follows "credit <id> ". */
export type CreditRefusal = {
  readonly code:
    | 'credit_already_issued'
    | 'credit_not_issued'
    | 'credit_already_reversed'
    | 'credit_reversal_pending'
    | 'no_reversal_pending'
  readonly reason: string
}

type Outcome = CreditStatus | CreditRefusal

const onInvoice: Outcome = { code: 'credit_already_issued', reason: 'is on an invoice: reverse it instead' }
const notIssued = (reason: string): Outcome => ({ code: 'credit_not_issued', reason })
const undisbursable = (status: string): Outcome => notIssued(`is ${status}: only an issued credit can be disbursed`)
const nothingToCancel = (status: string): Outcome => ({
  code: 'no_reversal_pending',
  reason: `is ${status}: there is nothing to cancel`,
})
const alreadyReversed: Outcome = { code: 'credit_already_reversed', reason: 'is reversed' }

/** The next status, or the refusal, for each status and action (docs/domain.md, "A credit's life"). */
const LIFE: Readonly<Record<CreditStatus, Readonly<Record<CreditAction, Outcome>>>> = {
  pending: {
    delete: 'deleted',
    disburse: undisbursable('pending'),
    reverse: notIssued('is pending: delete it instead'),
    cancel_reversal: nothingToCancel('pending'),
    attach: 'issued',
    apply_reversal: notIssued('is pending'),
  },
  deleted: {
    delete: 'deleted',
    disburse: undisbursable('deleted'),
    reverse: notIssued('was deleted before it was issued'),
    cancel_reversal: nothingToCancel('deleted'),
    attach: notIssued('was deleted'),
    apply_reversal: notIssued('was deleted'),
  },
  issued: {
    delete: onInvoice,
    disburse: 'issued',
    reverse: 'reversal_pending',
    cancel_reversal: nothingToCancel('issued'),
    attach: onInvoice,
    apply_reversal: nothingToCancel('issued'),
  },
  reversal_pending: {
    delete: onInvoice,
    disburse: {
      code: 'credit_reversal_pending',
      reason: 'is to be reversed by the next bill run: cancel the reversal first',
    },
    reverse: 'reversal_pending',
    cancel_reversal: 'issued',
    attach: onInvoice,
    apply_reversal: 'reversed',
  },
  reversed: {
    delete: onInvoice,
    disburse: undisbursable('reversed'),
    reverse: alreadyReversed,
    cancel_reversal: nothingToCancel('reversed'),
    attach: onInvoice,
    apply_reversal: alreadyReversed,
  },
}

/** The status after an action, or why it is refused. */
export const act = (status: CreditStatus, action: CreditAction): CreditStatus | CreditRefusal => LIFE[status][action]
