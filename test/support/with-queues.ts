import { type Backend, openBackend } from '../../src/queue/backend.ts'
import { openQueues, type Queues } from '../../src/queue/queues.ts'
import { KINDS } from '../../src/work/kinds.ts'

/** Does something with the queues of a service, as one more process of it would see them, and closes them. */
export async function withQueues<T>(
  where: { readonly databaseUrl: string; readonly redisUrl: string | undefined; readonly prefix: string },
  act: (queues: Queues, backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await openBackend({ ...where, onError: () => {} })
  const queues = await openQueues(backend, KINDS)
  try {
    return await act(queues, backend)
  } finally {
    await queues.close()
    await backend.close()
  }
}
