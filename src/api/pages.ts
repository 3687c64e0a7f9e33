import helmet from '@fastify/helmet'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'
import { openDashboard } from '../ops/dashboard.ts'
import type { Queues } from '../queue/queues.ts'

/**
 * The pages for people: the description of the API at /docs, and the queues at /queues. A browser loads nothing for them from
 * elsewhere, and shows them in no other site's frame.
 */
export function openPages(queues: Queues): FastifyPluginAsync {
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
    await scope.register(async (docs) => {
      docs.addHook('onRoute', (route) => {
        route.config = { ...route.config, isPublic: true }
      })
      await docs.register(swaggerUi, {
        routePrefix: '/docs',
        theme: {
          title: 'Nightbill API',
          css: [{ filename: 'nightbill.css', content: '.swagger-ui .topbar { display: none }' }],
        },
      })
    })
    await scope.register(openDashboard(queues))
  }
}
