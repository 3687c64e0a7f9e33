import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { FastifyPluginAsync } from 'fastify'
import type { Queues } from '../queue/queues.ts'

const PATH = '/queues'

/**
 * Bull Board over every queue, read-only: an edit there would bypass validation and audit, so retrying and cancelling go through the
 * API. It asks for no key: whoever serves it must.
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
