import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Tx } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'
import { Refusal } from '../problems.ts'
import { canonicalJson } from './canonical-json.ts'

/** What is kept of an answer, and given again to the same request. */
export type KeptAnswer = { readonly status: number; readonly body?: object; readonly location?: string }

/** A request's Idempotency-Key, which is scoped to the API key, with a hash of the request. */
export type KeyedRequest = {
  readonly apiKeyId: string
  readonly key: string
  readonly requestHash: Buffer
  /** The hash of the request as it is spelled, which versions up to 0.1 kept. */
  readonly spelledHash?: Buffer
}

/** The key of a request, if it has one. Throws a Refusal `invalid_idempotency_key`. */
export function keyedRequestOf(request: FastifyRequest, apiKeyId: string): KeyedRequest | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || request.method !== 'POST') return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const message = 'must be 1 to 255 visible ASCII characters'
    const errors = [{ pointer: '/headers/idempotency-key', message }]
    throw new Refusal('invalid_idempotency_key', `Idempotency-Key ${message}`, errors)
  }
  const hashOf = (body: string) => createHash('sha256').update(`${request.url}\n${body}`).digest()
  const requestHash = hashOf(canonicalJson(request.body ?? {}))
  const spelledHash = hashOf(JSON.stringify(request.body ?? null))
  return { apiKeyId, key, requestHash, spelledHash }
}

const nameOf = ({ apiKeyId, key }: { readonly apiKeyId: string; readonly key: string }) => `${apiKeyId} ${key}`

/** The number of the lock that stands for a key while its request is carried out. */
const lockOf = (keyed: KeyedRequest) => createHash('sha256').update(nameOf(keyed)).digest().readBigInt64BE().toString()

/**
 * Claims keys until COMMIT, so that of many requests with one key at once one is carried out. Gives for each, in order, the answer to
 * an earlier request with the key, or why it is refused (`request_in_flight`, `idempotency_key_reused`), or undefined when it is to
 * be carried out.
 */
export async function claimKeys(
  tx: Tx,
  keyed: readonly KeyedRequest[],
): Promise<readonly (KeptAnswer | Refusal | undefined)[]> {
  if (keyed.length === 0) return []
  const { rows: claims } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(lock) as free
    from unnest(${keyed.map(lockOf)}::bigint[]) with ordinality as asked (lock, position) order by position`.execute(tx)
  // A statement of its own: it sees what was committed before the claim was granted.
  const { rows: records } = await sql<{
    api_key_id: string
    key: string
    request_hash: Buffer
    status: number
    location: string | null
    body: object | null
  }>`
    select idempotency_record.* from idempotency_record
    join unnest(${keyed.map(({ apiKeyId }) => apiKeyId)}::uuid[], ${keyed.map(({ key }) => key)}::text[])
      as asked (api_key_id, key) using (api_key_id, key)`.execute(tx)
  const recordOf = new Map(records.map((record) => [nameOf({ apiKeyId: record.api_key_id, key: record.key }), record]))

  const claimedHere = new Set<string>()
  return keyed.map((request, index) => {
    const name = nameOf(request)
    const record = recordOf.get(name)
    if (record && ![request.requestHash, request.spelledHash].some((hash) => hash?.equals(record.request_hash))) {
      return new Refusal(
        'idempotency_key_reused',
        'this Idempotency-Key was used with another body or address: use a new key',
      )
    }
    // What was answered needs no claim: repeats may come all at once.
    if (record) {
      const { status, body, location } = record
      return { status, ...(body === null ? {} : { body }), ...(location === null ? {} : { location }) }
    }
    // A lock is granted again to the transaction that holds it: the second of two in one lot is in flight all the same.
    if (!claims[index]?.free || claimedHere.has(name)) {
      return new Refusal(
        'request_in_flight',
        'a request with this Idempotency-Key is being carried out: try again in a moment',
      )
    }
    claimedHere.add(name)
    return undefined
  })
}

/** Keeps the answers to requests that were carried out, in the transaction that did. */
export async function keepAnswers(
  tx: Tx,
  answers: readonly { readonly keyed: KeyedRequest; readonly answer: KeptAnswer }[],
): Promise<void> {
  if (answers.length === 0) return
  const keyed = answers.map((one) => one.keyed)
  const kept = answers.map(({ answer }) => answer)
  await sql`
    insert into idempotency_record (api_key_id, key, request_hash, status, location, body)
    select api_key_id, key, request_hash, status, location, body::jsonb
    from unnest(
      ${pgArray(keyed.map(({ apiKeyId }) => apiKeyId))}::uuid[], ${keyed.map(({ key }) => key)}::text[],
      ${keyed.map(({ requestHash }) => requestHash)}::bytea[], ${pgArray(kept.map(({ status }) => status))}::integer[],
      ${kept.map(({ location }) => location ?? null)}::text[], ${kept.map(({ body }) => JSON.stringify(body ?? null))}::text[])
      as row (api_key_id, key, request_hash, status, location, body)`.execute(tx)
}
