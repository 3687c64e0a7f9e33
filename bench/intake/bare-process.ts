// Process entry: what POST /v1/credits would be without durability. The same Fastify, schema and validation, and a handler that only
// adds a job to a queue on Redis: no key, no rate limit, no check of the account, nothing in Postgres.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Queue } from 'bullmq'
import fastify from 'fastify'
import { Redis } from 'ioredis'
import { Accepted } from '../../src/api/routes/credits.ts'
import { newId } from '../../src/db/new-id.ts'
import { CreditRequest } from '../../src/requests/credit-request.ts'

const redis = new Redis(process.env.REDIS_URL as string, { maxRetriesPerRequest: null })
const queue = new Queue('bare-credit', { connection: redis })
const api = fastify({
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false } },
}).withTypeProvider<TypeBoxTypeProvider>()

api.get('/readyz', async () => ({ ready: redis.status === 'ready' }))
api.post('/v1/credits', {
  schema: { body: CreditRequest, response: { 202: Accepted } },
  handler: async (request, reply) => {
    const jobId = newId()
    await queue.add('credit', request.body, { jobId, attempts: 8, removeOnComplete: true })
    return reply.code(202).send({ jobId, creditId: newId(), status: 'queued' })
  },
})
const stop = async () => {
  await api.close()
  await queue.close()
  redis.disconnect()
  process.exit(0)
}
process.once('SIGTERM', () => void stop())
await api.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
