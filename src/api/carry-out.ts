import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Actor } from '../ledger/actor.ts'
import { Refusal } from '../problems.ts'
import type { ApiContext } from './context.ts'

/** What a request did, and is answered with. */
export type Answer = {
  readonly status: number
  readonly body?: object
  readonly location?: string
  /** Kept in place of the body for a repeat of the request: for what is shown once. */
  readonly storedBody?: object
  /** What was done to what, for the audit. What is enqueued is kept with its job instead. */
  readonly audit?: { readonly action: string; readonly subject: string }
  /** Wakes the workers, after COMMIT. Nothing is lost when it fails: the relay wakes them later. */
  readonly wake?: () => Promise<void>
}

/**
 * Carries out a request that changes something: in one transaction, with its idempotency record and its audit, so that it is done
 * wholly, once, and accountably, or not at all.
 */
export async function carryOut(
  { db }: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Tx, actor: Actor) => Promise<Answer>,
): Promise<void> {
  const actor = actorOf(request)
  const key = idempotencyKeyOf(request)
  const { answer, replayed } = await inTransaction(db, async (tx) => {
    const earlier = key && (await findEarlier(tx, actor, key))
    if (earlier) return { answer: earlier, replayed: true }
    const answer = await work(tx, actor)
    if (answer.audit) await writeAudit(tx, actor, answer.audit)
    if (key) await rememberAnswer(tx, actor, key, answer)
    return { answer, replayed: false }
  })
  answer
    .wake?.()
    .catch((error: unknown) => request.log.warn({ err: error }, 'could not wake the workers; the relay will'))
  send(reply, answer, replayed)
}

function send(reply: FastifyReply, { status, body, location }: Answer, replayed: boolean): void {
  if (location !== undefined) reply.header('location', location)
  if (replayed) reply.header('idempotent-replayed', 'true')
  reply.code(status).send(body)
}

export function actorOf(request: FastifyRequest): Actor {
  if (!request.caller) throw new Error(`${request.url} changes something and lets anyone in`)
  return { apiKeyId: request.caller.id, requestId: request.id }
}

export type IdempotencyKey = { readonly key: string; readonly requestHash: Buffer }

/** The request's Idempotency-Key with a hash of the request. Throws a Refusal `invalid_idempotency_key`. */
export function idempotencyKeyOf(request: FastifyRequest): IdempotencyKey | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || request.method !== 'POST') return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Refusal('invalid_idempotency_key', 'Idempotency-Key must be 1 to 255 visible ASCII characters')
  }
  const requestHash = createHash('sha256')
    .update(`${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest()
  return { key, requestHash }
}

/**
 * The answer to an earlier request with the same key. Holds the key until COMMIT, so that of many at once one is carried out.
 * Throws a Refusal `request_in_flight` while another is, and `idempotency_key_reused` when that was another request.
 */
async function findEarlier(
  tx: Tx,
  { apiKeyId }: Actor,
  { key, requestHash }: IdempotencyKey,
): Promise<Answer | undefined> {
  const lock = createHash('sha256').update(`${apiKeyId} ${key}`).digest().readBigInt64BE()
  const { rows } = await sql<{
    free: boolean
  }>`select pg_try_advisory_xact_lock(${lock.toString()}::bigint) as free`.execute(tx)
  if (!rows[0]?.free) {
    throw new Refusal(
      'request_in_flight',
      'a request with this Idempotency-Key is being carried out: try again in a moment',
    )
  }
  const record = await tx
    .selectFrom('idempotency_record')
    .select(['request_hash', 'status', 'location', 'body'])
    .where('api_key_id', '=', apiKeyId)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!record) return undefined
  if (!record.request_hash.equals(requestHash)) {
    throw new Refusal(
      'idempotency_key_reused',
      'this Idempotency-Key was used with another body or address: use a new key',
    )
  }
  const body = record.body as object | null
  return { status: record.status, ...(body ? { body } : {}), ...(record.location ? { location: record.location } : {}) }
}

async function rememberAnswer(
  tx: Tx,
  { apiKeyId }: Actor,
  { key, requestHash }: IdempotencyKey,
  answer: Answer,
): Promise<void> {
  await tx
    .insertInto('idempotency_record')
    .values({
      api_key_id: apiKeyId,
      key,
      request_hash: requestHash,
      status: answer.status,
      location: answer.location ?? null,
      body: JSON.stringify(answer.storedBody ?? answer.body ?? null),
    })
    .execute()
}

async function writeAudit(
  tx: Tx,
  actor: Actor,
  { action, subject }: { action: string; subject: string },
): Promise<void> {
  await tx
    .insertInto('audit_entry')
    .values({ api_key_id: actor.apiKeyId, request_id: actor.requestId, action, subject })
    .execute()
}
