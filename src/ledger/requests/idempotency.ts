import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { Refusal } from '../../problems.ts'

/** The part of an answer that is stored, to answer a repeat of the request. */
export type KeptAnswer = { readonly status: number; readonly body?: object; readonly location?: string }

/** A request's Idempotency-Key, which is scoped to the API key, with a hash of the request. */
export type KeyedRequest = {
  readonly apiKeyId: string
  readonly key: string
  readonly requestHash: Buffer
  /** The hash of the request's exact text, as versions up to 0.1 stored it. */
  readonly spelledHash?: Buffer
}

const nameOf = ({ apiKeyId, key }: { readonly apiKeyId: string; readonly key: string }) => `${apiKeyId} ${key}`

/** The number of the advisory lock of a key, which is held while its request is processed. */
const lockOf = (keyed: KeyedRequest) => createHash('sha256').update(nameOf(keyed)).digest().readBigInt64BE().toString()

/**
 * Claims keys until COMMIT, so that of many simultaneous requests with one key only one is processed. Returns for each request, in order:
 * the answer to an earlier request with the key, or a Refusal (`request_in_flight`, `idempotency_key_reused`), or undefined when the
 * request is to be processed. A request without a key always is.
 */
export async function claimKeys(
  tx: Tx,
  requests: readonly (KeyedRequest | undefined)[],
): Promise<readonly (KeptAnswer | Refusal | undefined)[]> {
  const keyed = requests.filter((request) => request !== undefined)
  if (keyed.length === 0) return requests.map(() => undefined)
  const { rows: claims } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(lock) as free
    from unnest(${keyed.map(lockOf)}::bigint[]) with ordinality as asked (lock, position) order by position`.execute(tx)
  const free = new Set(keyed.filter((_, index) => claims[index]?.free).map(nameOf))
  // This is a statement of its own so that it sees what was committed before the claim was granted.
  const recordOf = await readRecords(tx, keyed)
  return requests.map((request) => {
    if (request === undefined) return undefined
    const record = recordOf.get(nameOf(request))
    // A repeat of a finished request needs no claim, so many of them can be answered at once.
    if (record) return answerAgain(request, record)
    // Postgres grants a lock again to the transaction that holds it. `delete` lets only the first of two requests with one key pass.
    if (free.delete(nameOf(request))) return undefined
    const detail = 'a request with this Idempotency-Key is being carried out: try again in a moment'
    return new Refusal('request_in_flight', detail)
  })
}

type RecordRow = {
  readonly api_key_id: string
  readonly key: string
  readonly request_hash: Buffer
  readonly status: number
  readonly location: string | null
  readonly body: object | null
}

async function readRecords(tx: Tx, keyed: readonly KeyedRequest[]): Promise<ReadonlyMap<string, RecordRow>> {
  const { rows } = await sql<RecordRow>`
    select idempotency_record.* from idempotency_record
    join unnest(${keyed.map(({ apiKeyId }) => apiKeyId)}::uuid[], ${keyed.map(({ key }) => key)}::text[])
      as asked (api_key_id, key) using (api_key_id, key)`.execute(tx)
  return new Map(rows.map((record) => [nameOf({ apiKeyId: record.api_key_id, key: record.key }), record]))
}

function answerAgain(request: KeyedRequest, { request_hash, status, body, location }: RecordRow): KeptAnswer | Refusal {
  if (![request.requestHash, request.spelledHash].some((hash) => hash?.equals(request_hash))) {
    const detail = 'this Idempotency-Key was used with another body or address: use a new key'
    return new Refusal('idempotency_key_reused', detail)
  }
  return { status, ...(body === null ? {} : { body }), ...(location === null ? {} : { location }) }
}

/** Stores the answers to requests, in the transaction that processed them. */
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
