import cookie from '@fastify/cookie'
import swagger from '@fastify/swagger'
import type { Logger } from 'pino'
import { Refusal } from '../problems.ts'
import { openAuth } from './auth.ts'
import type { Api, ApiContext } from './context.ts'
import { refuseOtherSites } from './cross-site.ts'
import { requireDeclaredAccess } from './declared-access.ts'
import { handleError, sendRefusal } from './errors.ts'
import { takeJsonOnly } from './json-only.ts'
import { openServer } from './open-server.ts'
import { OPENAPI } from './openapi.ts'
import { collectMethods, refuseOtherMethods } from './other-methods.ts'
import { openPages } from './pages.ts'
import { limitRequests } from './rate-limit.ts'
import { openRequestCounts } from './request-counts.ts'
import { accountChargeRoutes } from './routes/account-charges.ts'
import { accountRoutes } from './routes/accounts.ts'
import { auditRoutes } from './routes/audit.ts'
import { billGroupRoutes } from './routes/bill-groups.ts'
import { billRunEventRoutes } from './routes/bill-run-events.ts'
import { billRunFailureRoutes } from './routes/bill-run-failures.ts'
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
import { operationsOverviewRoutes } from './routes/operations-overview.ts'
import { reconciliationRoutes } from './routes/reconciliations.ts'
import { reversalRoutes } from './routes/reversals.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { statementRoutes } from './routes/statements.ts'
import { ProblemView } from './view-responses.ts'

const ROUTES = [
  accountRoutes,
  statementRoutes,
  accountChargeRoutes,
  billGroupRoutes,
  chargeRoutes,
  creditRoutes,
  disbursementRoutes,
  reversalRoutes,
  jobRoutes,
  billRunRoutes,
  billRunFailureRoutes,
  billRunEventRoutes,
  billRunPreviewRoutes,
  invoiceRoutes,
  invoiceTransactionRoutes,
  scheduleRoutes,
  keyRoutes,
  sessionRoutes,
  reconciliationRoutes,
  auditRoutes,
  operationsRoutes,
  operationsOverviewRoutes,
]

/** Builds the API, apart from listening. Its requests are strict: nothing is coerced, unknown fields are refused. */
export async function buildApi(context: ApiContext, log: Logger): Promise<Api> {
  const { config, db, queues } = context
  const api = openServer(config, log)
  requireDeclaredAccess(api)
  const counts = openRequestCounts(db, log)
  api.addHook('onClose', counts.close)
  api.decorateRequest('caller', undefined)
  await api.register(cookie)
  takeJsonOnly(api)
  api.setErrorHandler(handleError)
  api.setNotFoundHandler((request, reply) =>
    sendRefusal(reply, new Refusal('route_not_found', `there is no ${request.method} ${request.url.split('?')[0]}`)),
  )
  markAnswers(api)
  api.addHook('onRequest', refuseOtherSites)
  api.addHook('onRequest', openAuth(db, { counts, config }))
  logRequests(api)

  api.addSchema(ProblemView)
  await limitRequests(api, config, counts)
  await api.register(swagger, OPENAPI)
  api.get('/openapi.json', { config: { isPublic: true }, schema: { hide: true } }, async () => api.swagger())
  const methodsOf = collectMethods(api)
  for (const routes of ROUTES) routes(api, context)
  refuseOtherMethods(api, methodsOf)
  await api.register(openPages({ describe: () => api.swagger(), queues, log }))
  return api
}

/** Every answer bears its request's id. */
function markAnswers(api: Api): void {
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
}

function logRequests(api: Api): void {
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
}
