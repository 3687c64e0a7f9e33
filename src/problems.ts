/**
 * All problems that the service reports, by their codes. A code is stable: callers branch on it, and operators search for it. The `type` of
 * a problem document is `/problems/<code>`. `retryable` says whether the same request may succeed later without a change.
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid', retryable: false },
  malformed_body: { status: 400, title: 'The body is not a JSON object that can be read', retryable: false },
  invalid_cursor: { status: 400, title: 'The cursor is not one that this list gave', retryable: false },
  invalid_idempotency_key: { status: 400, title: 'The Idempotency-Key header is not valid', retryable: false },
  unauthenticated: { status: 401, title: 'A valid API key is needed', retryable: false },
  missing_scope: { status: 403, title: 'The API key lacks a scope', retryable: false },
  cross_site_request: { status: 403, title: 'Another site made the browser ask for this', retryable: false },
  route_not_found: { status: 404, title: 'There is no such address', retryable: false },
  account_not_found: { status: 404, title: 'There is no such account', retryable: false },
  credit_not_found: { status: 404, title: 'There is no such credit', retryable: false },
  invoice_not_found: { status: 404, title: 'There is no such invoice', retryable: false },
  job_not_found: { status: 404, title: 'There is no such job', retryable: false },
  bill_run_not_found: { status: 404, title: 'There is no such bill run', retryable: false },
  schedule_not_found: { status: 404, title: 'There is no such schedule', retryable: false },
  session_not_found: { status: 404, title: 'There is no such session', retryable: false },
  reconciliation_not_found: { status: 404, title: 'There is no such reconciliation', retryable: false },
  reconciliation_request_not_found: {
    status: 404,
    title: 'There is no such request for a reconciliation',
    retryable: false,
  },
  key_not_found: { status: 404, title: 'There is no such API key', retryable: false },
  method_not_allowed: { status: 405, title: 'The address does not take this method', retryable: false },
  request_timeout: { status: 408, title: 'The request took too long to arrive', retryable: true },
  account_exists: { status: 409, title: 'The account exists and differs', retryable: false },
  reference_reused: { status: 409, title: 'The reference was used with other content', retryable: false },
  reference_taken: { status: 409, title: 'Another job has the reference by now', retryable: false },
  credit_already_issued: { status: 409, title: 'The credit is issued and can no longer be deleted', retryable: false },
  credit_not_issued: { status: 409, title: 'The credit is not issued', retryable: false },
  credit_already_reversed: { status: 409, title: 'The credit is reversed already', retryable: false },
  credit_reversal_pending: { status: 409, title: 'The credit is about to be reversed', retryable: false },
  no_reversal_pending: { status: 409, title: 'No reversal of the credit is pending', retryable: false },
  reversal_under_way: { status: 409, title: 'Another reversal of the credit is under way', retryable: false },
  reversal_cancelled: { status: 409, title: 'The reversal was cancelled before it was carried out', retryable: false },
  amount_exceeds_credit_left: { status: 409, title: 'The credit has less left than that', retryable: false },
  amount_exceeds_invoice_balance: { status: 409, title: 'The invoice owes less than that', retryable: false },
  invoice_of_other_account: { status: 409, title: 'The invoice is of another account', retryable: false },
  job_not_failed: { status: 409, title: 'The job has not failed', retryable: false },
  disbursement_repeated: { status: 409, title: 'The same was disbursed a moment ago', retryable: false },
  bill_run_finished: { status: 409, title: 'The bill run has ended', retryable: false },
  request_in_flight: { status: 409, title: 'The same request is being carried out', retryable: true },
  body_too_large: { status: 413, title: 'The body is too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'The body must be application/json', retryable: false },
  currency_mismatch: { status: 422, title: 'The account has another currency', retryable: false },
  unknown_currency: { status: 422, title: 'There is no such currency', retryable: false },
  invalid_amount: { status: 422, title: 'The amount is not valid in this currency', retryable: false },
  bill_date_too_far: { status: 422, title: 'The bill date is too far ahead', retryable: false },
  invalid_schedule: { status: 422, title: 'The schedule is not valid', retryable: false },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another request', retryable: false },
  too_many_requests: { status: 429, title: 'Too many requests', retryable: true },
  database_away: { status: 503, title: 'The database cannot be reached', retryable: true },
  too_busy: { status: 503, title: 'More waits than can be done soon', retryable: true },
  outcome_unknown: { status: 503, title: 'It is not known whether this was done', retryable: false },
  timed_out: { status: 500, title: 'It took too long in every try', retryable: true },
  out_of_memory: { status: 500, title: 'The database ran out of memory over it', retryable: true },
  database_refused: { status: 500, title: 'The database refused what would break a rule', retryable: true },
  worker_crashed: { status: 500, title: 'The worker was lost each time it tried this', retryable: true },
  internal_error: { status: 500, title: 'Something unforeseen went wrong', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ProblemCode = keyof typeof PROBLEMS

/** An error in a request's input: a JSON pointer to the place, and what must be different. */
export type InputError = { readonly pointer: string; readonly message: string }

/** An expected refusal with a stable code. It is never retried, and the API sends it to the caller as problem+json. */
export class Refusal extends Error {
  readonly code: ProblemCode
  readonly errors: readonly InputError[] | undefined

  constructor(code: ProblemCode, detail: string, errors?: readonly InputError[]) {
    super(detail)
    this.name = 'Refusal'
    this.code = code
    this.errors = errors
  }
}

/** An RFC 9457 problem document. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean
  readonly errors?: readonly InputError[]
}

/** The problem document of a refusal. */
export function problemOf({ code, message, errors }: Refusal): Problem {
  const { status, title, retryable } = PROBLEMS[code]
  return { type: `/problems/${code}`, title, status, detail: message, code, retryable, ...(errors ? { errors } : {}) }
}
