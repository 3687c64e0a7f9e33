import { type Static, Type } from 'typebox'
import { PROBLEMS, type ProblemCode } from '../../problems.ts'
import { type BillRunFailureGroupRow, type BillRunFailureRow, MAX_NAMED_FAILURES } from '../../reads/bill-runs.ts'
import { AccountId, Name } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'

export const BillRunFailureView = Type.Object(
  {
    accountId: AccountId,
    name: Name,
    code: Type.String(),
    message: Type.String(),
    attempts: Type.Integer({ minimum: 1 }),
  },
  { description: 'An account that could not be billed', examples: [ANSWERS.billRunFailure] },
)
export type BillRunFailureView = Static<typeof BillRunFailureView>

function presentBillRunFailure(row: BillRunFailureRow): BillRunFailureView {
  return {
    accountId: row.key,
    name: row.name,
    code: row.failure_code,
    message: row.failure_message,
    attempts: row.failure_attempts,
  }
}

/** The accounts that a run could not bill, as a list. */
export const FAILURES: List<BillRunFailureRow, number, BillRunFailureView> = {
  present: presentBillRunFailure,
  format: NUMBER_PLACE,
  placeOf: (row) => row.account_id,
}

/** All failures with one code. */
export const FailureGroupView = Type.Object({
  code: Type.String(),
  title: Type.String({ description: 'What the code means' }),
  count: Type.Integer({ minimum: 1 }),
  example: Type.String({ description: 'The message of one of them' }),
  accountIds: Type.Array(AccountId, { description: `The first ${MAX_NAMED_FAILURES}` }),
})
export type FailureGroupView = Static<typeof FailureGroupView>

export const FailureGroupsView = Type.Object(
  { data: Type.Array(FailureGroupView, { description: 'The most frequent first' }) },
  { description: 'The failures by their codes', examples: [ANSWERS.failureGroups] },
)

export function presentFailureGroup(row: BillRunFailureGroupRow): FailureGroupView {
  return {
    code: row.failure_code,
    title: PROBLEMS[row.failure_code as ProblemCode]?.title ?? row.failure_code,
    count: row.count,
    example: row.example,
    accountIds: [...row.keys],
  }
}
