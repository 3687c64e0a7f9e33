import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { FastifyPluginAsync } from 'fastify'
import type { Queues } from '../queue/queues.ts'

const PATH = '/queues'

/**
 * Bull Board for every queue, read-only: an edit there would bypass validation and audit, so jobs are retried and cancelled through the
 * API. It does not check API keys: the server that registers it must do that.
 */
export function openDashboard(queues: Queues): FastifyPluginAsync {
  const serverAdapter = new FastifyAdapter()
  serverAdapter.setBasePath(PATH)
  createBullBoard({
    queues: queues.all.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Nightbill queues' } },
  })
  return async (scope) => {
    await scope.register(serverAdapter.registerPlugin(), { prefix: PATH })
  }
}
