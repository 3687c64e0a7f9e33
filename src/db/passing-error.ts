/**
 * Postgres conditions that pass by themselves or when somebody mends them: lost connections, deadlocks, serialization failures, time-outs,
 * shutdowns, shortages, a changed password, a server that takes no writes at present.
 */
const PASSING_SQLSTATE = /^(08|28|40001|40P01|53|55P03|57014|57P|25P03|25006)/
/** A migration has added a column to what a statement of an older connection returns; see PreparedClient. */
const STALE_PLAN_MESSAGE = /cached plan must not change result type/
const TIME_OUT_SQLSTATE = new Set(['55P03', '57014', '25P03'])
const PASSING_ERRNO = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const PASSING_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|connection ended|query read timeout/i

/** The SQLSTATE or errno of an error thrown by a driver, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether what failed may well succeed when tried again, nothing being wrong with the work itself. */
export function isPassing(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined && (PASSING_SQLSTATE.test(code) || PASSING_ERRNO.has(code))) return true
  if (error instanceof OutcomeUnknown || isStalePlan(error)) return true
  return error instanceof Error && PASSING_MESSAGE.test(error.message)
}

/**
 * Whether the server gave up what took too long, a lock or a statement: it may pass, and it may be that the work is too much at once. An
 * answer that does not come is none of these: the server gives up first when it is there.
 */
export function isTimeOut(error: unknown): boolean {
  return TIME_OUT_SQLSTATE.has(errorCode(error) ?? '')
}

export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && STALE_PLAN_MESSAGE.test(error.message)
}

/** The reply to a COMMIT was lost, and what became of the transaction could not be learned: it may be done. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the database went away while this was being written', { cause })
    this.name = 'OutcomeUnknown'
  }
}

/** Whether the database cannot be reached at present: an answer of 503, not a fault of the request. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined && (/^(08|28|57P|53|25006)/.test(code) || PASSING_ERRNO.has(code))) return true
  return error instanceof Error && PASSING_MESSAGE.test(error.message)
}

/** Whether no connection of the pool came free in time: the database is there, and those who came before use all of them. */
export function isPoolBusy(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect'
}
