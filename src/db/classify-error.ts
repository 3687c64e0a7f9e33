import { Refusal } from '../problems.ts'

/**
 * What is at fault for an error.
 *
 * - `data`: the work itself. It fails however often it is tried.
 * - `system`: the database, the network, or the service's configuration. The work itself may be good.
 * - `unclear`: either of them, as when something takes too long.
 */
export type Fault = 'data' | 'system' | 'unclear'

/**
 * The faults of SQLSTATEs and SQLSTATE classes. The longest prefix counts. A code that is not listed is a system fault: work fails for good
 * only for a code that is known to be the work's own fault (docs/decisions.md).
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  '22': 'data', // data exception
  '23': 'data', // integrity constraint violation
  '21': 'unclear', // cardinality violation: a subquery found more than one row
  '25P03': 'unclear', // idle in transaction for too long: our own computing took too long
  '53200': 'unclear', // out of memory
  '54': 'unclear', // program limit exceeded
  '55P03': 'unclear', // lock time-out
  '57014': 'unclear', // statement time-out
  P0: 'unclear', // an exception that a trigger raised without a code; our own triggers use class 23
  XX: 'unclear', // internal error
}

/** Connections that are lost or unavailable for a moment, deadlocks, serialization failures, lock time-outs: may be tried again at once. */
const TRANSIENT = /^(08|40001|40P01|55P03|57P01|57P02|57P03)/
/** The database cannot be used at all at present. */
const AWAY = /^(08|25006|28|53|57P|58)/
const TIME_OUTS: ReadonlySet<string> = new Set(['25P03', '55P03', '57014'])
const OUT_OF_HANDLES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])
/** Codes of the operating system and of TLS for a connection that was lost or could not be opened. */
const LOST =
  /^(E(CONN\w+|PIPE|PROTO|TIMEDOUT|NOTFOUND|AI_\w+|HOST\w+|NET\w+|NOTCONN|ADDRNOTAVAIL)|ERR_(SSL|TLS|STREAM|SOCKET)_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/
/** Messages of pg, which have no code, for a connection that was lost or could not be opened. */
const LOST_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|connection ended|query read timeout/i
/** A migration has added a column to the result of a statement that a connection had prepared; see PreparedClient. */
const STALE_PLAN_MESSAGE = /cached plan must not change result type/

/** The SQLSTATE or errno of an error thrown by a driver, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The SQLSTATE of an error of the database. */
function sqlState(error: unknown): string | undefined {
  const code = errorCode(error)
  // Some errnos, such as EPIPE, have five letters too.
  return code !== undefined && /^(?!E[A-Z]{4})[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** What is at fault for an error. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Refusal) return 'data'
  const state = sqlState(error)
  if (state !== undefined) return FAULTS[state] ?? FAULTS[state.slice(0, 2)] ?? 'system'
  if (isLost(error) || error instanceof OutcomeUnknown) return 'system'
  // Errors without a code, and Node's ERR_... codes for wrong arguments, are mistakes in our own code.
  return errorCode(error)?.startsWith('ERR_') === false ? 'system' : 'unclear'
}

/**
 * Whether a transaction that failed with this error may be tried again at once, within the process. Other system faults, such as a full
 * disk or a revoked right, may end too, but not within a second.
 */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(sqlState(error) ?? '') || isLost(error) || isStalePlan(error)
}

/**
 * Whether the server cancelled a statement that ran, or waited for a lock, too long. A client that waits in vain for an answer is another
 * case: a server that is there gives up first.
 */
export function isTimeOut(error: unknown): boolean {
  return TIME_OUTS.has(errorCode(error) ?? '')
}

/** Whether the database cannot be reached or used at present: the API answers 503, since the request is not at fault. */
export function isDatabaseAway(error: unknown): boolean {
  return AWAY.test(sqlState(error) ?? '') || OUT_OF_HANDLES.has(errorCode(error) ?? '') || isLost(error)
}

/** Whether no connection of the pool became free in time: the database is there, and other requests use all connections. */
export function isPoolBusy(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect'
}

/** Whether the database was there and too busy, in every attempt: the same request may succeed later. */
export function isDatabaseBusy(error: unknown): boolean {
  return isTimeOut(error) || isTransient(error)
}

export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && STALE_PLAN_MESSAGE.test(error.message)
}

function isLost(error: unknown): boolean {
  return LOST.test(errorCode(error) ?? '') || (error instanceof Error && LOST_MESSAGE.test(error.message))
}

/** The reply to a COMMIT was lost, and it could not be found out whether the transaction was committed. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the database went away while this was being written', { cause })
    this.name = 'OutcomeUnknown'
  }
}
