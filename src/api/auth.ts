import type { onRequestAsyncHookHandler } from 'fastify'
import type { Db } from '../db/open.ts'
import { findKey } from '../ledger/api-keys.ts'
import { Refusal } from '../problems.ts'
import type { Caller, Scope } from './context.ts'
import { sendRefusal } from './errors.ts'

/** How long a key that was found is believed, in ms: so long may a revoked key still work on this process. */
const BELIEVED_MS = 1_000
const MOST_REMEMBERED = 10_000

/** Finds who calls by the API key. Remembers keys for a moment, so that a burst of requests costs one look-up. */
export function openAuth(db: Db): onRequestAsyncHookHandler {
  const remembered = new Map<string, { readonly caller: Caller | undefined; readonly until: number }>()

  const callerOf = async (key: string): Promise<Caller | undefined> => {
    const known = remembered.get(key)
    if (known && known.until > Date.now()) return known.caller
    const caller = await findKey(db, key)
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    remembered.set(key, { caller, until: Date.now() + BELIEVED_MS })
    return caller
  }

  return async (request, reply) => {
    const { scope, asPassword = false } = request.routeOptions.config
    if (scope === undefined) return
    const key = keyOf(request.headers.authorization, asPassword)
    const caller = key === undefined ? undefined : await callerOf(key)
    const refusal = refuse(caller, scope)
    // Answered here and not thrown: the dashboard has an error handler of its own, which would make it a 500.
    if (refusal?.code === 'unauthenticated')
      reply.header('www-authenticate', asPassword ? 'Basic realm="nightbill", charset="UTF-8"' : 'Bearer')
    if (refusal) return sendRefusal(reply, refusal)
    request.caller = caller
  }
}

function refuse(caller: Caller | undefined, scope: Scope): Refusal | undefined {
  if (!caller) {
    return new Refusal(
      'unauthenticated',
      'send an API key that is known and in force, as `Authorization: Bearer <key>`',
    )
  }
  if (caller.scopes.includes(scope)) return undefined
  return new Refusal('missing_scope', `this needs a key with the scope ${scope}; yours has ${caller.scopes.join(', ')}`)
}

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
