import { sql } from 'kysely'
import type { Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { findDueRequests } from '../ledger/requests/find-due.ts'
import { MAX_IDS } from '../queue/job-contract.ts'
import type { Handle } from '../queue/start-worker.ts'
import { gather } from './gather.ts'
import type { Kind, WorkContext } from './kind.ts'
import { processOneByOne } from './process-one-by-one.ts'
import { type Failures, settleFailures } from './settle-failures.ts'
import { tryAllThenEach } from './try-all-then-each.ts'

/** Processes accepted requests in one transaction. Each has its own outcome; one that is settled already is skipped. */
export type RequestScript = (tx: Tx, jobIds: readonly string[]) => Promise<void>

/** How many jobs one process takes at once, so that there are some to gather into one transaction. */
const MAX_JOBS = 100

/** A kind of work whose rows are accepted requests of this type: the rows behind each 202. */
export const requestKind = (type: string, script: RequestScript): Kind => ({
  name: type,
  gathers: true,
  process: type,
  concurrency: () => MAX_JOBS,
  durable: {
    findDue: findDueRequests(type),
    backlog: sql`select count(*) as open, min(created_at) as since from job where status = 'queued' and type = ${type}`,
    finished: (from, to) => sql`
      select count(*) filter (where status = 'done') as done, count(*) filter (where status = 'failed') as failed
      from job where finished_at >= ${from} and finished_at < ${to} and type = ${type}`,
    isRequest: true,
  },
  open: (context) => processRequests(type, script, context),
})

/**
 * Processes the requests of jobs that arrive together in one transaction, since a COMMIT costs more than a request. A job whose worker was
 * lost may have killed it: its requests are processed one by one, while nothing else runs in this process.
 */
function processRequests(type: string, script: RequestScript, { db, config, log, gate }: WorkContext): Handle {
  /** Returns the failures that are to be tried again. */
  const settle = async (failures: Failures): Promise<Failures> => {
    const { failed, open } = await settleFailures(db, failures)
    for (const [jobId, err] of failed) log.error({ job: type, jobId, err }, 'failed for good')
    return open
  }
  const groups = {
    maxSize: MAX_IDS,
    concurrency: config.CREDIT_CONCURRENCY,
    sizeOf: (ids: readonly string[]) => ids.length,
  }
  const processGathered = gather(groups, async (group: readonly (readonly string[])[]) => {
    const work = () => tryAllThenEach(group.flat(), (ids) => inTransaction(db, (tx) => script(tx, ids)))
    const open = await settle(await gate.shared(work))
    return group.map(() => open)
  })
  const processAfterCrash = async (ids: readonly string[]) =>
    settle(await gate.exclusive(() => processOneByOne(db, ids, script)))
  return async (ids, { lostWorker }) => {
    const open = await (lostWorker ? processAfterCrash : processGathered)(ids)
    const undone = ids.find((id) => open.has(id))
    if (undone !== undefined) throw open.get(undone)
  }
}
