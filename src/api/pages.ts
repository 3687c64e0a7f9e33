import helmet from '@fastify/helmet'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { PageApp, PagesOptions } from './page-app.ts'

/** What the dashboard's own page asks for. */
const DASHBOARD_METHODS: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH']

/**
 * The pages for people: the description of the API at /docs, and the queues at /queues. A browser loads nothing for them from
 * elsewhere, and shows them in no other site's frame. They are loaded when somebody opens one; who may do so is decided here.
 */
export function openPages(options: PagesOptions): FastifyPluginAsync {
  return async (scope) => {
    await scope.register(helmet, {
      contentSecurityPolicy: {
        directives: {
          fontSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          // Without TLS in front, a browser could not follow its own upgrade.
          upgradeInsecureRequests: null,
        },
      },
      // Whether there is TLS, whoever stands in front of the service knows.
      strictTransportSecurity: false,
    })
    let loaded: Promise<PageApp> | undefined
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      loaded ??= load(options).catch((error) => {
        loaded = undefined
        throw error
      })
      const answer = await (await loaded).answer(request)
      // An unknown address like any other.
      if (answer === undefined) reply.callNotFound()
      else reply.code(answer.statusCode).headers(answer.headers).send(answer.body)
      return reply
    }
    scope.addHook('onClose', async () => (await loaded)?.close())
    const schema = { hide: true }
    for (const url of ['/docs', '/docs/*']) scope.get(url, { config: { isPublic: true }, schema, handler })
    for (const url of ['/queues', '/queues/*']) {
      const config = { scope: 'operate', asPassword: true } as const
      scope.route({ method: DASHBOARD_METHODS, url, config, schema, handler })
    }
  }
}

async function load(options: PagesOptions): Promise<PageApp> {
  const { openPageApp } = await import('./page-app.ts')
  return await openPageApp(options)
}
