import { sql } from 'kysely'
import type { Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { findDueRequests } from '../ledger/requests/find-due.ts'
import { MAX_IDS } from '../queue/job-contract.ts'
import type { Handle } from '../queue/start-worker.ts'
import { gather } from './gather.ts'
import type { Kind, WorkContext } from './kind.ts'
import { processAlone } from './process-alone.ts'
import { type Failures, settleFailures } from './settle-failures.ts'
import { tryAllThenEach } from './try-all-then-each.ts'

/** Processes accepted requests in one transaction: each has its own outcome, and one that is settled already is passed over. */
export type RequestScript = (tx: Tx, jobIds: readonly string[]) => Promise<void>

/** Wake-ups that one process holds at once, so that there are some to be gathered. */
const WAKE_UPS_AT_ONCE = 100

/** A kind of work whose rows are accepted requests of this type: what a 202 promises. */
export const requestKind = (type: string, script: RequestScript): Kind => ({
  name: type,
  gathers: true,
  process: type,
  concurrency: () => WAKE_UPS_AT_ONCE,
  durable: {
    findDue: findDueRequests(type),
    backlog: sql`select count(*) as open, min(created_at) as since from job where status = 'queued' and type = ${type}`,
  },
  open: (context) => processRequests(type, script, context),
})

/**
 * Wake-ups that arrive together are processed in one transaction, since a COMMIT costs more than a request. One that lost its worker
 * before may have been its end: it is processed when nothing else is under way in this process.
 */
function processRequests(type: string, script: RequestScript, { db, config, log, gate }: WorkContext): Handle {
  /** Gives what is to be tried again. */
  const settle = async (failures: Failures): Promise<Failures> => {
    const { failed, open } = await settleFailures(db, failures)
    for (const [jobId, err] of failed) log.error({ job: type, jobId, err }, 'failed for good')
    return open
  }
  const lots = {
    maxSize: MAX_IDS,
    concurrency: config.CREDIT_CONCURRENCY,
    sizeOf: (ids: readonly string[]) => ids.length,
  }
  const processTogether = gather(lots, async (lot: readonly (readonly string[])[]) => {
    const work = () => tryAllThenEach(lot.flat(), (ids) => inTransaction(db, (tx) => script(tx, ids)))
    const open = await settle(await gate.shared(work))
    return lot.map(() => open)
  })
  const processByItself = async (ids: readonly string[]) =>
    settle(await gate.exclusive(() => processAlone(db, ids, script)))
  return async (ids, { lostWorker }) => {
    const open = await (lostWorker ? processByItself : processTogether)(ids)
    const undone = ids.find((id) => open.has(id))
    if (undone !== undefined) throw open.get(undone)
  }
}
