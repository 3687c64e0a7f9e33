import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Config } from '../config.ts'
import type { Db } from '../db/open.ts'
import { findKey } from '../ledger/keys/api-keys.ts'
import { findSession } from '../ledger/sessions/sessions.ts'
import { Refusal } from '../problems.ts'
import { sessionCookieName } from '../session-cookie.ts'
import type { Caller, Scope } from './context.ts'
import { requireOwnPage } from './cross-site.ts'
import { networkOf, type RequestCounts } from './request-counts.ts'

/** How long a key that was found is believed, in ms: so long may a revoked key still work on this process. */
const BELIEVED_MS = 1_000
const MAX_REMEMBERED = 10_000

export type AuthOptions = {
  readonly counts: RequestCounts
  readonly config: Config
}

/** What a request says who it is by: an API key, or the token of a browser's session. */
type Credential = { readonly kind: 'key' | 'session'; readonly secret: string }

/** Finds who calls, by the API key or by the session of a browser. */
export function openAuth(db: Db, options: AuthOptions): onRequestAsyncHookHandler {
  const callerOf = openKeyRing(db, options)
  const cookieName = sessionCookieName(options.config)
  return async (request, reply) => {
    const { scope, asPassword = false } = request.routeOptions.config
    if (scope === undefined) return
    const credential = credentialOf(request, { asPassword, cookieName })
    const caller = credential && (await callerOf(credential, networkOf(request.ip)))
    if (caller !== undefined && 'tryAgainInMs' in caller) {
      const seconds = Math.ceil(caller.tryAgainInMs / 1_000)
      reply.header('retry-after', String(seconds))
      const detail = `too many unknown keys from this address: try again in ${seconds} seconds`
      throw new Refusal('too_many_requests', detail)
    }
    const refusal = refuse(caller, scope)
    if (refusal?.code === 'unauthenticated')
      reply.header('www-authenticate', asPassword ? 'Basic realm="nightbill", charset="UTF-8"' : 'Bearer')
    if (refusal) throw refusal
    if (credential?.kind === 'session') requireOwnPage(request)
    request.caller = caller
  }
}

type Found = Caller | { readonly tryAgainInMs: number } | undefined

/**
 * Finds keys. Those that are in force are remembered for a moment, so that a burst of requests costs one look-up; after it they are looked up again,
 * whatever else comes from their address. What is not known is looked up only so often by address: to guess costs the others nothing.
 */
function openKeyRing(
  db: Db,
  { counts, config }: AuthOptions,
): (credential: Credential, address: string) => Promise<Found> {
  const maxUnknown = config.RATE_LIMIT_UNKNOWN_PER_MINUTE
  // A key that is believed no longer stays remembered: it was in force, so it is looked up for its own sake.
  const remembered = new LRUCache<string, Caller>({ max: MAX_REMEMBERED, ttl: BELIEVED_MS, noDeleteOnStaleGet: true })
  const underWay = new Map<string, Promise<Found>>()

  const lookUp = async ({ kind, secret }: Credential, key: string, address: string): Promise<Found> => {
    const unknown = `unknown keys from ${address}`
    // Counted before it is looked up: many may come at once.
    const { count, resetInMs } = counts.take(unknown)
    if (count > maxUnknown && !remembered.peek(key, { allowStale: true })) return { tryAgainInMs: resetInMs }
    let isUnknown = false
    try {
      const caller = await (kind === 'key' ? findKey(db, secret) : findSession(db, secret))
      isUnknown = caller === undefined
      if (caller) remembered.set(key, caller)
      else remembered.delete(key)
      return caller
    } finally {
      if (!isUnknown) counts.giveBack(unknown)
    }
  }

  return (credential, address) => {
    const key = `${credential.kind} ${credential.secret}`
    const known = remembered.get(key)
    if (known) return Promise.resolve(known)
    const looking = underWay.get(key) ?? lookUp(credential, key, address).finally(() => underWay.delete(key))
    underWay.set(key, looking)
    return looking
  }
}

function refuse(caller: Caller | undefined, scope: Scope | 'any'): Refusal | undefined {
  if (!caller) {
    return new Refusal(
      'unauthenticated',
      'send an API key that is known and in force, as `Authorization: Bearer <key>`',
    )
  }
  if (scope === 'any' || caller.scopes.includes(scope)) return undefined
  // Who operates must see what.
  if (scope === 'read' && caller.scopes.includes('operate')) return undefined
  return new Refusal('missing_scope', `this needs a key with the scope ${scope}; yours has ${caller.scopes.join(', ')}`)
}

/** What a request carries. A key that is sent on purpose counts before a cookie, which a browser sends by itself. */
function credentialOf(
  { headers, cookies }: FastifyRequest,
  { asPassword, cookieName }: { readonly asPassword: boolean; readonly cookieName: string },
): Credential | undefined {
  const key = keyOf(headers.authorization, asPassword)
  if (key !== undefined || headers.authorization !== undefined)
    return key === undefined ? undefined : { kind: 'key', secret: key }
  const token = cookies[cookieName]
  return token === undefined || !TOKEN.test(token) ? undefined : { kind: 'session', secret: token }
}
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/**
 * The key in a Bearer header; for the dashboard also the password in a Basic one, which is all that a browser that opens it can send. Nowhere else: what
 * a browser sends by itself, any site can make it send.
 */
function keyOf(header: string | undefined, asPassword: boolean): string | undefined {
  const [, scheme = '', credentials = ''] = header?.match(/^(Bearer|Basic) +([\x21-\x7e]{1,500})$/i) ?? []
  if (scheme.toLowerCase() === 'bearer') return credentials
  if (scheme.toLowerCase() !== 'basic' || !asPassword) return undefined
  return Buffer.from(credentials, 'base64').toString('latin1').split(':')[1]
}
