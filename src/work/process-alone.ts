import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { beginJob } from '../ledger/requests/begin-job.ts'
import { MAX_CRASHES, takeBackMark } from '../ledger/requests/begun-by.ts'
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
  const lost = await beginJob(db, id)
  if (lost === undefined) return
  if (lost < MAX_CRASHES) return await inTransaction(db, (tx) => script(tx, [id]))
  const message = `the worker was lost ${lost} times while it carried out this request alone`
  await settleJobs(db, [{ id, refusal: { code: 'worker_crashed', message }, result: {} }])
}
