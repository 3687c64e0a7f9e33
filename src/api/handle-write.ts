import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Actor } from '../ledger/audit/actor.ts'
import { type AuditedAction, writeAudit } from '../ledger/audit/write-audit.ts'
import { claimKeys, type KeptAnswer, keepAnswers } from '../ledger/requests/idempotency.ts'
import { Refusal } from '../problems.ts'
import type { ApiContext } from './context.ts'
import { keyedRequestOf } from './keyed-request.ts'

/** What a request did, and is answered with. */
export type Answer = KeptAnswer & {
  /** Kept in place of the body for a repeat of the request: for what is shown once. */
  readonly storedBody?: object
  /** What was done to what, for the audit. What is enqueued is kept with its job instead, and when that is forgotten as an entry. */
  readonly audit?: AuditedAction
  /** Wakes the workers, after COMMIT. Nothing is lost when it fails: the relay wakes them later. */
  readonly wake?: () => Promise<void>
}

/**
 * Carries out a request that changes something: in one transaction, with its idempotency record and its audit, so that it is done
 * wholly, once, and accountably, or not at all.
 */
export async function handleWrite(
  { db }: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Tx, actor: Actor) => Promise<Answer>,
): Promise<void> {
  const actor = actorOf(request)
  const keyed = keyedRequestOf(request, actor.apiKeyId)
  const { answer, replayed } = await inTransaction(db, async (tx) => {
    const [earlier] = await claimKeys(tx, [keyed])
    if (earlier instanceof Refusal) throw earlier
    if (earlier) return { answer: earlier, replayed: true }
    const answer = await work(tx, actor)
    if (answer.audit) await writeAudit(tx, { source: 'http', ...actor }, answer.audit)
    if (keyed) await keepAnswers(tx, [{ keyed, answer: kept(answer) }])
    return { answer, replayed: false }
  })
  wakeAfter(request, answer)
  return send(reply, answer, replayed)
}

const kept = ({ status, body, storedBody, location }: Answer): KeptAnswer => {
  const shown = storedBody ?? body
  return { status, ...(shown ? { body: shown } : {}), ...(location === undefined ? {} : { location }) }
}

/** Wakes the workers for what was done, without waiting: it is durable, and the relay wakes them if this fails. */
function wakeAfter(request: FastifyRequest, { wake }: Answer): void {
  wake?.().catch((error: unknown) => request.log.warn({ err: error }, 'could not wake the workers; the relay will'))
}

/** Answers a request. A replay says that it is one. A handler returns the reply, which is waited for: else it would be sent a second time. */
export function send(reply: FastifyReply, { status, body, location }: KeptAnswer, replayed: boolean): FastifyReply {
  if (location !== undefined) reply.header('location', location)
  if (replayed) reply.header('idempotent-replayed', 'true')
  return reply.code(status).send(body)
}

export function actorOf(request: FastifyRequest): Actor {
  if (!request.caller) throw new Error(`${request.url} changes something and lets anyone in`)
  return { apiKeyId: request.caller.id, requestId: request.id }
}
