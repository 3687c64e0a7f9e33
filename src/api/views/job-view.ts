import { type Static, type TSchema, Type } from 'typebox'
import { formatAmount } from '../../money.ts'
import { PROBLEMS } from '../../problems.ts'
import { type FailureGroupRow, MAX_FAILURES_COUNTED, MAX_NAMED } from '../../reads/job-failures.ts'
import type { JobRow } from '../../reads/jobs.ts'
import type { MomentPlace } from '../../reads/keyset.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'
import { AccountId, Amount, Currency, Description, Name, Reference, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { MOMENT_PLACE } from '../places.ts'
import { Time, TimeOrNull, TroubleOrNull, timeOrNull, troubleOrNull } from './time.ts'

const OrNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const JobType = Type.String({
  pattern: '^[a-z-]{1,64}$',
  description: 'What it asks for: credit or reversal',
})
export const FailureCode = Type.String({ pattern: '^[a-z_]{1,64}$', description: 'Why it failed, as a code' })

const JobFields = {
  jobId: Uuid,
  type: JobType,
  status: Type.Enum(['queued', 'active', 'done', 'failed']),
  attempts: Type.Integer({ minimum: 0 }),
  error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
  trouble: TroubleOrNull,
  result: Type.Union([Type.Object({ creditId: Type.Optional(Uuid) }), Type.Null()]),
  accountId: OrNull(AccountId),
  accountName: OrNull(Name),
  creditId: Type.Union([Uuid, Type.Null()], { description: 'The credit that it creates or reverses' }),
  amount: Type.Union([Amount, Type.Null()], { description: 'Of that credit' }),
  currency: OrNull(Currency),
  reason: OrNull(Description),
  reference: OrNull(Reference),
  automaticDisbursement: Type.Union([Type.Boolean(), Type.Null()], { description: 'Null for all but a credit' }),
  createdAt: Time,
  finishedAt: TimeOrNull,
}
export const JobView = Type.Object(JobFields, { description: 'What became of it', examples: [ANSWERS.job] })
export type JobView = Static<typeof JobView>

export const RetriedJobView = Type.Object(JobFields, { description: 'Taken up again', examples: [ANSWERS.retriedJob] })

/** Presents an accepted request. `isActive`: whether a worker has it right now, which its row does not tell. */
export function presentJob(row: JobRow, isActive = false): JobView {
  const isOpen = row.status === 'queued'
  return {
    jobId: row.id,
    type: row.type,
    status: isOpen && isActive ? 'active' : row.status,
    attempts: row.attempts,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    trouble: isOpen ? troubleOrNull(row.trouble, row.trouble_since) : null,
    result: row.result as { creditId?: string } | null,
    ...presentRequest(row),
    createdAt: row.created_at.toISOString(),
    finishedAt: timeOrNull(row.finished_at),
  }
}

/** What was asked for. A credit and a reversal have an account and a credit; other types may have neither. */
function presentRequest({ type, subject_id, key, name, currency, credit_amount, request }: JobRow) {
  const { amount, reason, reference, automaticDisbursement } = request as Partial<CreditRequest>
  const isCredit = type === 'credit'
  const shown = amount ?? credit_amount
  return {
    accountId: key,
    accountName: name,
    creditId: isCredit || type === 'reversal' ? subject_id : null,
    amount: shown === null || currency === null ? null : formatAmount(shown, currency),
    currency,
    reason: reason ?? null,
    reference: reference ?? null,
    automaticDisbursement: isCredit ? (automaticDisbursement ?? true) : null,
  }
}

/** Requests, as a list. It does not tell which of the queued ones a worker has right now. */
export const JOBS: List<JobRow, MomentPlace, JobView> = {
  present: (row) => presentJob(row),
  format: MOMENT_PLACE,
  placeOf: ({ place, id }) => ({ at: place, id }),
}

export const FailureGroupsView = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        code: Type.String(),
        title: Type.String({ description: 'The code in words' }),
        count: Type.Integer({ minimum: 1 }),
        atLeast: Type.Boolean({
          description: `True when the counting stopped at ${MAX_FAILURES_COUNTED.toLocaleString('en')}: there may be more`,
        }),
        example: Type.String({ description: 'Why the newest of them failed' }),
        jobIds: Type.Array(Uuid, { description: `The newest of them, at most ${MAX_NAMED}` }),
      }),
    ),
  },
  { description: 'The reasons, the most frequent first', examples: [ANSWERS.jobFailureGroups] },
)

export const presentFailureGroup = ({ code, count, message, ids }: FailureGroupRow) => ({
  code,
  title: PROBLEMS[code as keyof typeof PROBLEMS]?.title ?? code,
  count,
  atLeast: count >= MAX_FAILURES_COUNTED,
  example: message,
  jobIds: [...ids],
})
