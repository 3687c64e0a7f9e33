import { expect, test } from 'vitest'
import { act, type CreditAction, type CreditStatus } from '../../src/billing/credit-life.ts'

/** docs/domain.md, "A credit's life": the next status, or the code of the refusal. */
const LIFE: readonly (readonly [CreditAction, Readonly<Record<CreditStatus, string>>])[] = [
  [
    'delete',
    {
      pending: 'deleted',
      deleted: 'deleted',
      issued: 'credit_already_issued',
      reversal_pending: 'credit_already_issued',
      reversed: 'credit_already_issued',
    },
  ],
  [
    'disburse',
    {
      pending: 'credit_not_issued',
      deleted: 'credit_not_issued',
      issued: 'issued',
      reversal_pending: 'credit_reversal_pending',
      reversed: 'credit_not_issued',
    },
  ],
  [
    'reverse',
    {
      pending: 'credit_not_issued',
      deleted: 'credit_not_issued',
      issued: 'reversal_pending',
      reversal_pending: 'reversal_pending',
      reversed: 'credit_already_reversed',
    },
  ],
  [
    'cancel_reversal',
    {
      pending: 'no_reversal_pending',
      deleted: 'no_reversal_pending',
      issued: 'no_reversal_pending',
      reversal_pending: 'issued',
      reversed: 'no_reversal_pending',
    },
  ],
  [
    'attach',
    {
      pending: 'issued',
      deleted: 'credit_not_issued',
      issued: 'credit_already_issued',
      reversal_pending: 'credit_already_issued',
      reversed: 'credit_already_issued',
    },
  ],
  [
    'apply_reversal',
    {
      pending: 'credit_not_issued',
      deleted: 'credit_not_issued',
      issued: 'no_reversal_pending',
      reversal_pending: 'reversed',
      reversed: 'credit_already_reversed',
    },
  ],
]

test.each(
  LIFE.flatMap(([action, outcomes]) =>
    Object.entries(outcomes).map(([status, outcome]) => [action, status as CreditStatus, outcome] as const),
  ),
)('%s a credit that is %s: %s', (action, status, expected) => {
  const outcome = act(status, action)
  expect(typeof outcome === 'string' ? outcome : outcome.code).toBe(expected)
})
