import { Type } from 'typebox'
import { keysInForce } from '../../ledger/keys/api-keys.ts'
import { Refusal } from '../../problems.ts'
import { readBillRun } from '../../reads/bill-runs.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { openEventStream } from '../event-stream.ts'
import { problems } from '../view-responses.ts'
import { presentBillRun } from '../views/bill-run-view.ts'
import { openRunWatch } from '../watch-runs.ts'

export const billRunEventRoutes: Routes = (api, context) => {
  const { config, db, reads } = context
  const read = async (billRunId: string) => presentBillRun(await readBillRun(reads, billRunId))
  const runs = openRunWatch({
    read,
    inForce: (keyIds) => keysInForce(db, keyIds),
    onError: (err, billRunId) => api.log.warn({ err, billRunId }, 'stopped sending events'),
  })
  // Otherwise whoever watches a run would keep the process from stopping until the run ends.
  let closing = false
  api.addHook('preClose', async () => {
    closing = true
    runs.close()
  })

  api.get('/v1/bill-runs/:billRunId/events', {
    config: { scope: 'read' },
    schema: {
      operationId: 'watchBillRun',
      summary: 'A bill run as Server-Sent Events, until it ends',
      description:
        'An event `bill-run` with the same object as GET /v1/bill-runs/{billRunId} whenever it changed. The stream ends when the run has ended, ' +
        'or the key is no longer in force. A key may hold a limited number of streams open: 429 beyond.',
      tags: ['bill runs'],
      params: Type.Object({ billRunId: Uuid }),
      response: {
        200: {
          description: 'The events',
          content: { 'text/event-stream': { schema: Type.String({ description: 'Server-Sent Events' }) } },
        },
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      const { billRunId } = request.params
      const keyId = request.caller?.id ?? ''
      const run = await read(billRunId)
      if (runs.streamsOf(keyId) >= config.EVENT_STREAMS_PER_KEY) {
        reply.header('retry-after', '5')
        throw new Refusal('too_many_requests', `this key holds ${config.EVENT_STREAMS_PER_KEY} event streams open`)
      }
      reply.hijack()
      const stream = openEventStream(reply.raw, { event: 'bill-run', requestId: request.id })
      stream.show(JSON.stringify(run))
      if (run.finishedAt !== null || closing || reply.raw.destroyed) return stream.end()
      reply.raw.once('close', runs.watch(billRunId, { keyId, stream }))
    },
  })
}
