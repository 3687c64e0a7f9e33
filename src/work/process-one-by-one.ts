import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { MAX_CRASHES, unmarkAttempt } from '../ledger/requests/attempt-marks.ts'
import { claimJob } from '../ledger/requests/claim-job.ts'
import { settleJobs } from '../ledger/requests/settle-jobs.ts'
import { tryEach } from './try-all-then-each.ts'

type Script = (tx: Tx, jobIds: readonly string[]) => Promise<void>

/**
 * Processes accepted jobs one by one, after a worker that had them was lost. Each job is first marked as attempted by this process, in a
 * transaction of its own. The mark stays when the process dies, so a job that kills every process is recognized, and ends as
 * `worker_crashed`. Returns the errors of the jobs that failed otherwise, by job id.
 */
export async function processOneByOne(
  db: Db,
  jobIds: readonly string[],
  script: Script,
): Promise<ReadonlyMap<string, unknown>> {
  return await tryEach(jobIds, async (id) => {
    try {
      await processOne(db, id, script)
    } catch (error) {
      await unmarkAttempt(db, 'job', id)
      throw error
    }
  })
}

async function processOne(db: Db, id: string, script: Script): Promise<void> {
  const claimed = await claimJob(db, id)
  if (!claimed) return
  const { crashes } = claimed
  if (crashes < MAX_CRASHES) return await inTransaction(db, (tx) => script(tx, [id]))
  const message = `the worker was lost ${crashes} times while it processed this request`
  await settleJobs(db, [{ id, refusal: { code: 'worker_crashed', message }, result: {} }])
}
