import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { Uuid } from '../../jobs/formats.ts'
import type { Routes } from '../context.ts'
import { problems } from '../view-responses.ts'
import { readBillRun } from './bill-runs.ts'

const LOOK_EVERY_MS = 500
/** Something is sent at least this often, so that proxies keep the connection. */
const SILENT_AT_MOST_MS = 15_000

export const billRunEventRoutes: Routes = (api, context) => {
  // Otherwise whoever watches a run would keep the process from stopping until the run ends.
  let closing = false
  api.addHook('preClose', async () => {
    closing = true
  })

  api.get('/v1/bill-runs/:billRunId/events', {
    config: { scope: 'read' },
    schema: {
      operationId: 'watchBillRun',
      summary: 'A bill run as Server-Sent Events, until it ends',
      description: 'An event `bill-run` with the same object as GET /v1/bill-runs/{billRunId} whenever it changed.',
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
      let run = await readBillRun(context, billRunId)
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'x-request-id': request.id,
        'cache-control': 'no-store',
        // The stream ends with its connection, which would otherwise be kept, idle, while the process stops.
        connection: 'close',
        'x-accel-buffering': 'no',
      })
      let sent = ''
      let sentAt = 0
      try {
        while (!raw.destroyed && !closing) {
          const data = JSON.stringify(run)
          if (data !== sent) raw.write(`event: bill-run\ndata: ${data}\n\n`)
          else if (Date.now() - sentAt > SILENT_AT_MOST_MS) raw.write(': still there\n\n')
          if (data !== sent || Date.now() - sentAt > SILENT_AT_MOST_MS) sentAt = Date.now()
          sent = data
          if (run.finishedAt !== null) break
          await sleep(LOOK_EVERY_MS)
          run = await readBillRun(context, billRunId)
        }
      } catch (error) {
        request.log.warn({ err: error, billRunId }, 'stopped sending events')
      } finally {
        raw.end()
      }
    },
  })
}
