import { Type } from 'typebox'
import { readReadiness } from '../../ops/health.ts'
import { openMetrics } from '../../ops/metrics.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'

const Ready = Type.Object({
  status: Type.Enum(['ready', 'not ready']),
  database: Type.Enum(['ok', 'unreachable']),
  queue: Type.Enum(['ok', 'unreachable']),
  migrations: Type.Enum(['ok', 'pending', 'unknown'], { description: 'unknown: the database cannot be asked' }),
})

/** Asked by whoever keeps the service running, who must not be refused because of others behind the same address. */
const WATCHED = { isPublic: true, rateLimit: false } as const

const getHealth: Routes = (api) => {
  api.get('/healthz', {
    config: WATCHED,
    schema: {
      operationId: 'getHealth',
      summary: 'Alive',
      tags: ['operations'],
      security: [],
      response: {
        200: Type.Object({ status: Type.Literal('alive') }, { description: 'Alive', examples: [ANSWERS.alive] }),
      },
    },
    handler: async () => ({ status: 'alive' as const }),
  })
}

const getReadiness: Routes = (api, { db, backend }) => {
  api.get('/readyz', {
    config: WATCHED,
    schema: {
      operationId: 'getReadiness',
      summary: 'Able to serve: database and queue can be reached, migrations are current',
      tags: ['operations'],
      security: [],
      response: {
        200: { ...Ready, description: 'Ready', examples: [ANSWERS.ready] },
        503: { ...Ready, description: 'Not ready', examples: [ANSWERS.notReady] },
      },
    },
    handler: async (request, reply) => {
      const { ready, ...parts } = await readReadiness(db, backend, request.log)
      if (!ready) reply.header('retry-after', '5')
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...parts })
    },
  })
}

const getMetrics: Routes = (api, { db, queues }) => {
  const metrics = openMetrics(db, queues)
  api.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) =>
    metrics.observe({ method, route: routeOptions.url ?? 'none', status: statusCode }, elapsedTime / 1_000),
  )
  api.get('/metrics', {
    config: { isPublic: true },
    schema: {
      operationId: 'getMetrics',
      summary: 'Prometheus metrics',
      tags: ['operations'],
      security: [],
      produces: ['text/plain'],
      response: { 200: Type.String() },
    },
    handler: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.read()),
  })
}

export const operationsRoutes: Routes = (api, context) => {
  for (const route of [getHealth, getReadiness, getMetrics]) route(api, context)
}
