import { preparePostgresQueues } from '../queue/postgres.ts'
import { KINDS } from './kinds.ts'

/** Prepares the database for the queues, as its owner. Does nothing when the queues are on Redis. */
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
