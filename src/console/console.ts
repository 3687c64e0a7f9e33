import compress from '@fastify/compress'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import type { FastifyError, FastifyInstance, FastifyPluginAsync } from 'fastify'
import { isApiError } from '../client/api-error.ts'
import type { Config } from '../config.ts'
import { serveAssets } from './assets.ts'
import { pageRoutes } from './page-routes.ts'
import { accountPages } from './pages/account.ts'
import { accountListPages } from './pages/accounts.ts'
import { activityPages } from './pages/activity.ts'
import { allCreditPages } from './pages/all-credits.ts'
import { notFoundPage, troublePage } from './pages/alone.ts'
import { billRunPages } from './pages/bill-run-changes.ts'
import { creditPages } from './pages/credit-changes.ts'

import { homePages } from './pages/home.ts'
import { invoicePages } from './pages/invoice-changes.ts'
import { invoiceListPages } from './pages/invoices.ts'
import { keyPages } from './pages/keys.ts'
import { listFiles } from './pages/list-files.ts'
import { preferencePages } from './pages/preferences.ts'
import { reconciliationPages } from './pages/reconciliations.ts'
import { workPages } from './pages/request.ts'
import { schedulePages } from './pages/schedules.ts'
import { searchPages } from './pages/search.ts'
import { sessionPages } from './pages/sessions.ts'
import { shortcutPages } from './pages/shortcuts.ts'
import { signInPages } from './pages/sign-in.ts'
import { servePrintFoots } from './print-foots.ts'
import type { Pages } from './visit.ts'

const PAGES: readonly Pages[] = [
  homePages,
  reconciliationPages,
  accountListPages,
  accountPages,
  searchPages,
  allCreditPages,
  creditPages,
  billRunPages,
  invoiceListPages,
  invoicePages,
  workPages,
  schedulePages,
  keyPages,
  sessionPages,
  activityPages,
  preferencePages,
  shortcutPages,
  listFiles,
]

/** What a page may load and do: what this service itself serves, and nothing inline. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    fontSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
} as const

/** The web console: pages for people, as a client of the API in the same process. It can do nothing that a caller with the same key could not. */
export function openConsole(config: Config): FastifyPluginAsync {
  return async (scope: FastifyInstance) => {
    await scope.register(formbody)
    await scope.register(compress, { global: true, threshold: 1_024, encodings: ['gzip'] })
    await scope.register(helmet, {
      contentSecurityPolicy: { ...CONTENT_SECURITY_POLICY, directives: mutable(CONTENT_SECURITY_POLICY.directives) },
      referrerPolicy: { policy: 'same-origin' },
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      // Whether there is TLS, whoever stands in front of the service knows.
      strictTransportSecurity: false,
    })
    scope.addHook('onRequest', async (_request, reply) => {
      // Nothing about customers stays in a browser. Assets say otherwise of themselves.
      reply.header('cache-control', 'no-store')
    })
    scope.setErrorHandler<FastifyError>((error, request, reply) => {
      const answer = troublePage(request, error)
      if (answer.status >= 500 && !isApiError(error)) request.log.error({ err: error }, 'a page could not be made')
      return reply.code(answer.status).headers(answer.headers).type('text/html; charset=utf-8').send(answer.text)
    })
    await serveAssets(scope)
    signInPages(scope, config)
    servePrintFoots(scope)
    const routes = pageRoutes(scope, config)
    for (const pages of PAGES) pages(routes)
    serveNotFound(scope)
  }
}

/** Answers what is no address with a page, for a browser. A program does not come here, and is answered by the API. */
function serveNotFound(scope: FastifyInstance): void {
  scope.addConstraintStrategy({
    name: 'page',
    storage: () => {
      // biome-ignore lint/suspicious/noExplicitAny: the router's type of a handler is exported by no package that is ours.
      const handlers = new Map<unknown, any>()
      return {
        get: (wanted) => handlers.get(wanted) ?? null,
        set: (wanted, handler) => void handlers.set(wanted, handler),
      }
    },
    deriveConstraint: ({ headers }) => String(headers.accept?.includes('text/html') ?? false),
    validate: () => {},
  })
  scope.route({
    method: 'GET',
    url: '/*',
    constraints: { page: 'true' },
    config: { isPublic: true },
    schema: { hide: true },
    handler: (request, reply) => reply.code(404).type('text/html; charset=utf-8').send(notFoundPage(request)),
  })
}

const mutable = (directives: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(directives).map(([name, values]) => [name, [...values]]))
