import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { type AcceptedJobs, MOST_AT_ONCE } from '../jobs/accepted-jobs.ts'
import type { JobContract } from '../jobs/define-job.ts'
import { carryOutAlone } from '../ledger/carry-out-alone.ts'
import type { Gate } from '../ledger/gate.ts'
import { type Failures, settleFailures } from '../ledger/settle-failures.ts'
import { togetherOrAlone } from '../ledger/together-or-alone.ts'
import type { Backend } from './backend.ts'
import { gather } from './gather.ts'
import { type RunningWorker, startWorker, workerSettings } from './start-worker.ts'

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
  const lots = { most: MOST_AT_ONCE, atOnce: config.CREDIT_CONCURRENCY, sizeOf: (jobIds: JobIds) => jobIds.length }
  const together = gather(lots, async (lot: readonly JobIds[]) => {
    const carryOut = () => togetherOrAlone(lot.flat(), (ids) => inTransaction(db, (tx) => script(tx, ids)))
    const open = await settle(await gate.together(carryOut))
    return lot.map(() => open)
  })
  const alone = async (jobIds: JobIds) => settle(await gate.alone(() => carryOutAlone(db, jobIds, script)))
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
