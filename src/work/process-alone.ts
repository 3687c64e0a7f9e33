import { sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { MAX_CRASHES, othersThatBegan, takeBackMark, withOurMark } from '../ledger/requests/begun-by.ts'
import { settleJobs } from '../ledger/requests/settle-jobs.ts'
import { tryEach } from './try-all-then-each.ts'

type Script = (tx: Tx, jobIds: readonly string[]) => Promise<void>

/**
 * Carries out accepted jobs one by one, after a worker was lost that had them. Each is marked as begun by this process, in a transaction of
 * its own: the job that takes its process down each time is known by the marks that stay, and ends as `worker_crashed`. Gives what each
 * of those met that failed otherwise.
 */
export async function processAlone(
  db: Db,
  jobIds: readonly string[],
  script: Script,
): Promise<ReadonlyMap<string, unknown>> {
  return await tryEach(jobIds, async (id) => {
    try {
      await tryAlone(db, id, script)
    } catch (error) {
      await takeBackMark(db, 'job', id)
      throw error
    }
  })
}

async function tryAlone(db: Db, id: string, script: Script): Promise<void> {
  const lost = await begin(db, id)
  if (lost === undefined) return
  if (lost < MAX_CRASHES) return await inTransaction(db, (tx) => script(tx, [id]))
  const message = `the worker was lost ${lost} times while it carried out this request alone`
  await settleJobs(db, [{ id, refusal: { code: 'worker_crashed', message }, result: {} }])
}

/** Marks the job, and gives how many processes were lost that had begun it; undefined when it is settled. Need not survive a crash of the database. */
async function begin(db: Db, jobId: string): Promise<number | undefined> {
  const { rows } = await sql<{ lost: number }>`
    update job set begun_by = ${withOurMark} from set_config('synchronous_commit', 'off', true)
    where id = ${jobId}::uuid and status = 'queued' returning ${othersThatBegan} as lost`.execute(db)
  return rows[0]?.lost
}
