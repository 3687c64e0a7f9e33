import { preparePostgresQueues } from '../queue/postgres.ts'
import { KINDS } from './kinds.ts'

/** Makes ready, as the owner of the database, what the queues need there. Nothing when they are on Redis. */
export async function prepareQueues({
  ownerUrl,
  redisUrl,
}: {
  readonly ownerUrl: string
  readonly redisUrl: string | undefined
}): Promise<void> {
  if (redisUrl !== undefined) return
  await preparePostgresQueues(
    ownerUrl,
    KINDS.map(({ name }) => name),
  )
}
