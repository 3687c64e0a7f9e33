import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyBaseLogger, type FastifyRequest, type HTTPMethods, LogController } from 'fastify'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import { newId } from '../db/new-id.ts'
import { Refusal } from '../problems.ts'
import { openAuth } from './auth.ts'
import type { Api, ApiContext } from './context.ts'
import { refuseOtherSites } from './cross-site.ts'
import { requireDeclaredAccess } from './declared-access.ts'
import { handleError, sendRefusal, unreadableAnswer } from './errors.ts'
import { parseJsonBody } from './json-body.ts'
import { OPENAPI } from './openapi.ts'
import { openPages } from './pages.ts'
import { limitRequests } from './rate-limit.ts'
import { openRequestCounts } from './request-counts.ts'
import { accountRoutes } from './routes/accounts.ts'
import { auditRoutes } from './routes/audit.ts'
import { billRunEventRoutes } from './routes/bill-run-events.ts'
import { billRunPreviewRoutes } from './routes/bill-run-preview.ts'
import { billRunRoutes } from './routes/bill-runs.ts'
import { chargeRoutes } from './routes/charges.ts'
import { creditRoutes } from './routes/credits.ts'
import { disbursementRoutes } from './routes/disbursements.ts'
import { invoiceTransactionRoutes } from './routes/invoice-transactions.ts'
import { invoiceRoutes } from './routes/invoices.ts'
import { jobRoutes } from './routes/jobs.ts'
import { keyRoutes } from './routes/keys.ts'
import { operationsRoutes } from './routes/operations.ts'
import { reconciliationRoutes } from './routes/reconciliations.ts'
import { reversalRoutes } from './routes/reversals.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { ProblemView } from './view-responses.ts'

const ROUTES = [
  accountRoutes,
  chargeRoutes,
  creditRoutes,
  disbursementRoutes,
  reversalRoutes,
  jobRoutes,
  billRunRoutes,
  billRunEventRoutes,
  billRunPreviewRoutes,
  invoiceRoutes,
  invoiceTransactionRoutes,
  scheduleRoutes,
  keyRoutes,
  reconciliationRoutes,
  auditRoutes,
  operationsRoutes,
]

const METHODS: readonly HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const NO_QUERY = Type.Object({}, { additionalProperties: false })

/** Builds the API, apart from listening. Its requests are strict: nothing is coerced, unknown fields are refused. */
export async function buildApi(context: ApiContext, log: Logger): Promise<Api> {
  const { config, db } = context
  const api: Api = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    trustProxy: config.TRUST_PROXY ?? false,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    return503OnClosing: true,
    routerOptions: { maxParamLength: 100 },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        strict: false,
        // So that a complaint can quote how a value is described.
        verbose: true,
      },
    },
    // What cannot even be read as HTTP, does not arrive in time, or has no readable address is answered as everything else.
    clientErrorHandler: (error, socket) => void (socket.writable && socket.end(unreadableAnswer(error.code))),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      handleError(error, request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  requireDeclaredAccess(api)
  const counts = openRequestCounts(db, log)
  api.addHook('onClose', counts.close)
  api.decorateRequest('caller', undefined)
  api.removeAllContentTypeParsers()
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    // Clients announce JSON and send nothing, as with DELETE: where nothing is needed that is no mistake.
    const { config, schema } = request.routeOptions
    const needed = schema?.body !== undefined && !config.bodyOptional
    return body.length === 0 && !needed ? undefined : parseJsonBody(body)
  })
  api.setErrorHandler(handleError)
  // A connection on which a request was under way when the server was told to close would be kept for the next one, and the server open.
  let closing = false
  api.addHook('preClose', async () => {
    closing = true
  })
  // The one hook of its kind, and not an async one: an answer that waits for a hook looks unsent, and would be sent again.
  api.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', request.id)
    if (closing) reply.header('connection', 'close')
    done()
  })
  api.setNotFoundHandler((request, reply) =>
    sendRefusal(reply, new Refusal('route_not_found', `there is no ${request.method} ${request.url.split('?')[0]}`)),
  )
  api.addHook('onRequest', refuseOtherSites)
  api.addHook('onRequest', openAuth(db, { counts, maxUnknown: config.RATE_LIMIT_UNKNOWN_PER_MINUTE }))
  api.addHook('preValidation', async (request) => {
    const { config, schema, url } = request.routeOptions
    if (config.bodyOptional && request.body === undefined) request.body = {}
    if (url?.startsWith('/v1/') && schema?.body === undefined) refuseFields(request.body)
  })
  api.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, params, caller } = request
    const line = {
      requestId: request.id,
      method,
      route: routeOptions.url,
      params,
      status: reply.statusCode,
      keyId: caller?.id,
    }
    request.log.info({ ...line, ms: Math.round(reply.elapsedTime) }, 'request')
  })

  api.addSchema(ProblemView)
  await limitRequests(api, config, counts)
  await api.register(swagger, OPENAPI)
  api.get('/openapi.json', { config: { isPublic: true }, schema: { hide: true } }, async () => api.swagger())
  const methodsOf = new Map<string, Set<string>>()
  api.addHook('onRoute', (route) => {
    const methods = methodsOf.get(route.url) ?? new Set()
    for (const method of [route.method].flat()) methods.add(method)
    methodsOf.set(route.url, methods)
    // A call that takes no query refuses one, as it refuses unknown fields of its body.
    if (route.url.startsWith('/v1/') && route.schema) route.schema = { querystring: NO_QUERY, ...route.schema }
  })
  for (const routes of ROUTES) routes(api, context)
  refuseOtherMethods(api, methodsOf)
  await api.register(openPages({ describe: () => api.swagger(), queues: context.queues, log }))
  return api
}

/** Refuses fields in the body of a call that takes none; an empty object is as good as nothing. */
function refuseFields(body: unknown): void {
  const errors = Object.keys(body ?? {}).map((name) => ({ pointer: `/${name}`, message: 'is not a field known here' }))
  if (errors.length > 0) throw new Refusal('invalid_request', 'this takes no fields in its body', errors)
}

/** An address that exists answers 405 to the methods that it does not take, and says which it takes. */
function refuseOtherMethods(api: Api, methodsOf: ReadonlyMap<string, ReadonlySet<string>>): void {
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
