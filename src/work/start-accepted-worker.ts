import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Backend } from '../queue/backend.ts'
import type { JobContract } from '../queue/job-contract.ts'
import { type RunningWorker, startWorker, workerSettings } from '../queue/start-worker.ts'
import { type AcceptedJobs, MAX_AT_ONCE } from './accepted-jobs.ts'
import type { Gate } from './gate.ts'
import { gather } from './gather.ts'
import { processAlone } from './process-alone.ts'
import { type Failures, settleFailures } from './settle-failures.ts'
import { tryAllThenEach } from './try-all-then-each.ts'

/** Wake-ups that one process holds at once, so that there are some to be gathered. */
const WAKE_UPS_AT_ONCE = 100

type JobIds = readonly string[]

/**
 * Starts a worker of accepted jobs. Wake-ups that arrive together are carried out in one transaction, since a COMMIT costs more
 * than a credit; each has its own outcome. One that lost its worker before may have been its end: it is carried out when nothing
 * else is under way in the process.
 */
export async function startAcceptedWorker(
  { db, backend, config, log }: { readonly db: Db; readonly backend: Backend; readonly config: Config; log: Logger },
  contract: JobContract<typeof AcceptedJobs>,
  script: (tx: Tx, jobIds: JobIds) => Promise<void>,
  gate: Gate,
): Promise<RunningWorker> {
  /** Gives what is to be tried again. */
  const settle = async (failures: Failures): Promise<Failures> => {
    const { failed, open } = await settleFailures(db, failures)
    for (const [jobId, err] of failed) log.error({ job: contract.name, jobId, err }, 'failed for good')
    return open
  }
  const lots = { most: MAX_AT_ONCE, atOnce: config.CREDIT_CONCURRENCY, sizeOf: (jobIds: JobIds) => jobIds.length }
  const together = gather(lots, async (lot: readonly JobIds[]) => {
    const carryOut = () => tryAllThenEach(lot.flat(), (ids) => inTransaction(db, (tx) => script(tx, ids)))
    const open = await settle(await gate.shared(carryOut))
    return lot.map(() => open)
  })
  const alone = async (jobIds: JobIds) => settle(await gate.exclusive(() => processAlone(db, jobIds, script)))
  return await startWorker(
    backend,
    contract,
    async ({ jobIds }, { lostWorker }) => {
      const open = await (lostWorker ? alone : together)(jobIds)
      const undone = jobIds.find((id) => open.has(id))
      if (undone !== undefined) throw open.get(undone)
    },
    workerSettings(config, log, WAKE_UPS_AT_ONCE),
  )
}
