import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

/** How the OpenAPI document introduces itself. Everything else in it comes from the schemas that check the requests. */
export const OPENAPI: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Nightbill',
      version: '1.0.0',
      description:
        'Account credits and nightly bill runs. Amounts are decimal strings, dates YYYY-MM-DD, times RFC 3339 in UTC. A 202 is durable. ' +
        'Send an Idempotency-Key with every POST, so that a repeat does no harm.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'nightbill',
          description: 'The session of a browser that signed in',
        },
      },
    },
    security: [{ key: [] }, { session: [] }],
    tags: [
      'accounts',
      'charges',
      'credits',
      'disbursements',
      'jobs',
      'bill runs',
      'invoices',
      'schedules',
      'keys',
      'audit',
      'operations',
    ].map((name) => ({ name })),
  },
  refResolver: {
    buildLocalReference: (json, _base, _fragment, index) =>
      typeof json.$id === 'string' ? json.$id : `schema-${index}`,
  },
}
