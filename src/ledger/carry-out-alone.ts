import { sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { MOST_CRASHES } from './gate.ts'
import { settleJobs } from './settle-jobs.ts'

/**
 * Carries out accepted jobs one by one, after a worker was lost that had them. Each try is counted before it is begun, in a
 * transaction of its own: the job that takes its worker down each time is known by its count and ends as `worker_crashed`. Gives
 * what each of those met that failed otherwise.
 */
export async function carryOutAlone(
  db: Db,
  jobIds: readonly string[],
  script: (tx: Tx, jobIds: readonly string[]) => Promise<void>,
): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>()
  for (const id of jobIds) {
    const tries = await countTry(db, id)
    if (tries === undefined) continue
    if (tries > MOST_CRASHES) {
      const message = `the worker was lost ${MOST_CRASHES} times while it carried out this request alone`
      await settleJobs(db, [{ id, refusal: { code: 'worker_crashed', message }, result: {} }])
      continue
    }
    try {
      await inTransaction(db, (tx) => script(tx, [id]))
    } catch (error) {
      failures.set(id, error)
      await uncountTry(db, id)
    }
  }
  return failures
}

/** Gives how often the job was begun alone, this time included; undefined when it is settled. Need not survive a crash of the database. */
async function countTry(db: Db, jobId: string): Promise<number | undefined> {
  const { rows } = await sql<{ tries_alone: number }>`
    update job set tries_alone = tries_alone + 1 from set_config('synchronous_commit', 'off', true)
    where id = ${jobId}::uuid and status = 'queued' returning tries_alone`.execute(db)
  return rows[0]?.tries_alone
}

async function uncountTry(db: Db, jobId: string): Promise<void> {
  await sql`update job set tries_alone = tries_alone - 1 where id = ${jobId}::uuid and status = 'queued'`.execute(db)
}
