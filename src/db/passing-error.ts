/** Postgres conditions that pass by themselves: lost connections, deadlocks, serialization failures, lock timeouts, shutdowns, shortages. */
const PASSING_SQLSTATE = /^(08|40001|40P01|53|55P03|57014|57P|25P03)/
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
  return error instanceof Error && PASSING_MESSAGE.test(error.message)
}

/** Whether the database cannot be reached at present: an answer of 503, not a fault of the request. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined && (/^(08|57P|53)/.test(code) || PASSING_ERRNO.has(code))) return true
  return error instanceof Error && PASSING_MESSAGE.test(error.message)
}
