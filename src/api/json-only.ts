import type { FastifyRequest } from 'fastify'
import { Refusal } from '../problems.ts'
import type { Api } from './context.ts'
import { parseJsonBody } from './json-body.ts'

/** Bodies are JSON. One that may be left out is an empty object; a call that takes none refuses its fields. */
export function takeJsonOnly(api: Api): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    // Clients announce JSON and send nothing, as with DELETE: where nothing is needed that is no mistake.
    const { config, schema } = request.routeOptions
    const needed = schema?.body !== undefined && !config.bodyOptional
    return body.length === 0 && !needed ? undefined : parseJsonBody(body)
  })
  api.addHook('preValidation', async (request) => {
    const { config, schema, url } = request.routeOptions
    if (config.bodyOptional && request.body === undefined) request.body = {}
    if (url?.startsWith('/v1/') && schema?.body === undefined) refuseFields(request.body)
  })
}

/** Refuses fields in the body of a call that takes none; an empty object is as good as nothing. */
function refuseFields(body: unknown): void {
  const errors = Object.keys(body ?? {}).map((name) => ({ pointer: `/${name}`, message: 'is not a field known here' }))
  if (errors.length > 0) throw new Refusal('invalid_request', 'this takes no fields in its body', errors)
}
