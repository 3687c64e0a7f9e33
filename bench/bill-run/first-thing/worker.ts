// The worker of the first thing one would write: a job an account, a query a row, a transaction an account.
import pg from 'pg'
import { PreparedClient } from '../../../src/db/prepared-client.ts'
import { openBackend } from '../../../src/queue/backend.ts'
import { type AccountJob, billOneAccount } from './bill-one-account.ts'

const databaseUrl = process.env.DATABASE_URL as string
const concurrency = Number(process.env.CONCURRENCY)
const onError = (error: Error) => console.error(error)
const pool = new pg.Pool({
  connectionString: databaseUrl,
  max: concurrency,
  options: '-c timezone=UTC',
  Client: PreparedClient,
})
const backend = await openBackend({
  databaseUrl,
  redisUrl: process.env.REDIS_URL,
  prefix: process.env.QUEUE_PREFIX as string,
  onError,
})
const work = async ({ data }: { data: AccountJob }) => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await billOneAccount(client, data)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
const worker = await backend.openWorker('first-thing', work, { concurrency })
process.once('SIGTERM', async () => {
  await worker.close()
  await backend.close()
  await pool.end()
  process.exit(0)
})
