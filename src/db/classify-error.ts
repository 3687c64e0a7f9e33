import { Refusal } from '../problems.ts'

/**
 * What an error says is at fault. `data`: the work itself, which fails however often it is tried. `house`: the database, the network or how the
 * service is set up, which says nothing about the work. `unclear`: it may be the one or the other, as when something takes too long.
 */
export type Fault = 'data' | 'house' | 'unclear'

/**
 * SQLSTATEs and their classes. The longest prefix counts, and what is not here is a trouble of the house: only what is known to be wrong with
 * the work may fail it (docs/decisions.md).
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  '22': 'data', // data exception
  '23': 'data', // integrity constraint violation
  '21': 'unclear', // cardinality violation: a subquery found more than one row
  '25P03': 'unclear', // idle in transaction for too long: the decision took too long
  '53200': 'unclear', // out of memory
  '54': 'unclear', // program limit exceeded
  '55P03': 'unclear', // lock time-out
  '57014': 'unclear', // statement time-out
  P0: 'unclear', // an exception raised without a code, by a trigger that is none of ours: ours use class 23
  XX: 'unclear', // internal error
}

/** Connections lost or not to be had for a moment, deadlocks, serialization failures, lock time-outs: a transaction may be tried again at once. */
const TRANSIENT = /^(08|40001|40P01|55P03|57P01|57P02|57P03)/
/** The database cannot be used at all at present, whatever is asked of it. */
const AWAY = /^(08|25006|28|53|57P|58)/
const TIME_OUTS: ReadonlySet<string> = new Set(['25P03', '55P03', '57014'])
const OUT_OF_HANDLES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])
/** What the system, and TLS, say of a connection that was lost or could not be opened. */
const LOST =
  /^(E(CONN\w+|PIPE|PROTO|TIMEDOUT|NOTFOUND|AI_\w+|HOST\w+|NET\w+|NOTCONN|ADDRNOTAVAIL)|ERR_(SSL|TLS|STREAM|SOCKET)_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/
/** What pg says, with no code, of a connection that it lost or could not open. */
const LOST_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|connection ended|query read timeout/i
/** A migration has added a column to what a statement of an older connection returns; see PreparedClient. */
const STALE_PLAN_MESSAGE = /cached plan must not change result type/

/** The SQLSTATE or errno of an error thrown by a driver, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The SQLSTATE of an error that the database gave. */
function sqlState(error: unknown): string | undefined {
  const code = errorCode(error)
  // EPIPE is an errno of five letters.
  return code !== undefined && /^(?!E[A-Z]{4})[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** What is at fault, by the error alone. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Refusal) return 'data'
  const state = sqlState(error)
  if (state !== undefined) return FAULTS[state] ?? FAULTS[state.slice(0, 2)] ?? 'house'
  if (isLost(error) || error instanceof OutcomeUnknown) return 'house'
  // Node's ERR_... are of arguments and the like: with what has no code at all, mistakes of our own code.
  return errorCode(error)?.startsWith('ERR_') === false ? 'house' : 'unclear'
}

/**
 * Whether a transaction that failed so may be tried again at once, within the process. What is not so may well pass too, but not within
 * a second: a full disk, a revoked right.
 */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(sqlState(error) ?? '') || isLost(error) || isStalePlan(error)
}

/**
 * Whether the server gave up what took too long, a lock or a statement. An answer that does not come is none of these: the server gives
 * up first when it is there.
 */
export function isTimeOut(error: unknown): boolean {
  return TIME_OUTS.has(errorCode(error) ?? '')
}

/** Whether the database cannot be reached or used at present: an answer of 503, not a fault of the request. */
export function isDatabaseAway(error: unknown): boolean {
  return AWAY.test(sqlState(error) ?? '') || OUT_OF_HANDLES.has(errorCode(error) ?? '') || isLost(error)
}

/** Whether no connection of the pool came free in time: the database is there, and those who came before use all of them. */
export function isPoolBusy(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect'
}

/** Whether the database was there and too busy, in every try: the same request may well succeed later. */
export function isDatabaseBusy(error: unknown): boolean {
  return isTimeOut(error) || isTransient(error)
}

export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && STALE_PLAN_MESSAGE.test(error.message)
}

function isLost(error: unknown): boolean {
  return LOST.test(errorCode(error) ?? '') || (error instanceof Error && LOST_MESSAGE.test(error.message))
}

/** The reply to a COMMIT was lost, and what became of the transaction could not be learned: it may be done. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the database went away while this was being written', { cause })
    this.name = 'OutcomeUnknown'
  }
}
