import type { OutgoingHttpHeaders } from 'node:http'
import swagger, { type StaticDocumentSpec } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'
import { openDashboard } from '../ops/dashboard.ts'
import type { Queues } from '../queue/queues.ts'
import { handleError } from './errors.ts'

export type PagesOptions = {
  /** Gives the OpenAPI document. */
  readonly describe: () => object
  readonly queues: Queues
  readonly log: Logger
}

type Answer = {
  readonly statusCode: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer | undefined
}

export type PageApp = {
  /** The answer to a request, whoever sent it; undefined when its address is no page. */
  readonly answer: (request: FastifyRequest) => Promise<Answer | undefined>
  readonly close: () => Promise<void>
}

/** Marks the answer to an address that is no page. It is not sent on. */
const NO_PAGE = 'x-no-page'

/** The pages at /docs and /queues, as an app that does not listen and asks for no key. */
export async function openPageApp({ describe, queues, log }: PagesOptions): Promise<PageApp> {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
  })
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((_request, reply) => reply.header(NO_PAGE, '').send())
  await app.register(swagger, {
    mode: 'static',
    specification: { document: describe() as StaticDocumentSpec['document'] },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: {
      title: 'Nightbill API',
      css: [{ filename: 'nightbill.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  })
  await app.register(openDashboard(queues))
  await app.ready()
  return {
    answer: async ({ method, url, headers, body }) => {
      // The body has been read, and is written anew.
      const { 'content-length': _length, 'transfer-encoding': _encoding, ...others } = headers
      const answer = await app.inject({
        // Whoever sends it leaves the body of a HEAD out, and needs its length.
        method: method === 'HEAD' ? 'GET' : (method as 'GET'),
        url,
        headers: others,
        ...(body === undefined ? {} : { payload: body as object }),
      })
      if (NO_PAGE in answer.headers) return undefined
      const { connection: _connection, ...shown } = answer.headers
      // An empty buffer would be given a type.
      const bytes = answer.rawPayload.length === 0 ? undefined : answer.rawPayload
      return { statusCode: answer.statusCode, headers: shown, body: bytes }
    },
    close: () => app.close(),
  }
}
