import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { KeyedRequest } from '../ledger/requests/idempotency.ts'
import { Refusal } from '../problems.ts'
import { canonicalJson } from './canonical-json.ts'

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
