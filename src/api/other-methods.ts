import type { HTTPMethods } from 'fastify'
import { Type } from 'typebox'
import { Refusal } from '../problems.ts'
import type { Api } from './context.ts'

const METHODS: readonly HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const NO_QUERY = Type.Object({}, { additionalProperties: false })

/** The methods that each address takes, of the routes that come after. */
export function collectMethods(api: Api): ReadonlyMap<string, ReadonlySet<string>> {
  const methodsOf = new Map<string, Set<string>>()
  api.addHook('onRoute', (route) => {
    const methods = methodsOf.get(route.url) ?? new Set()
    for (const method of [route.method].flat()) methods.add(method)
    methodsOf.set(route.url, methods)
    // A call that takes no query refuses one, as it refuses unknown fields of its body.
    if (route.url.startsWith('/v1/') && route.schema) route.schema = { querystring: NO_QUERY, ...route.schema }
  })
  return methodsOf
}

/** An address that exists answers 405 to the methods that it does not take, and says which it takes. */
export function refuseOtherMethods(api: Api, methodsOf: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, methods] of [...methodsOf]) {
    const allowed = [...methods].join(', ')
    api.route({
      url,
      method: METHODS.filter((method) => !methods.has(method)),
      config: { isPublic: true },
      schema: { hide: true },
      // Before a body is read: what is wrong is the method, whatever came with it.
      onRequest: async (request, reply) => {
        reply.header('allow', allowed)
        throw new Refusal('method_not_allowed', `${request.method} is not taken here: ${allowed}`)
      },
      handler: async () => {},
    })
  }
}
