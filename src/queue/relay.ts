import type { Logger } from 'pino'
import type { Static, TSchema } from 'typebox'
import type { Db } from '../db/open.ts'
import { billBatchJob } from '../jobs/bill-batch.ts'
import { billRunJob } from '../jobs/bill-run.ts'
import { creditJob } from '../jobs/credit.ts'
import type { JobContract } from '../jobs/define-job.ts'
import { reversalJob } from '../jobs/reversal.ts'
import { countGivenUp, type DueWakeUps, dueBatches, dueBillRuns, dueJobs, openCounts } from '../ledger/due-wake-ups.ts'
import { settleJobs } from '../ledger/settle-jobs.ts'
import { UNREADABLE } from './start-worker.ts'
import { type Queues, wake } from './wake.ts'

const PAGE = 1_000
/** Rounds of tries that a credit or reversal gets before it is failed for good with its last reason. */
const MOST_ROUNDS = 3

type Relayed<P extends TSchema = TSchema> = {
  readonly contract: JobContract<P>
  readonly due: DueWakeUps
  readonly payload: (id: string) => Static<P>
}

const relayed = <P extends TSchema>(kind: Relayed<P>): Relayed => kind as unknown as Relayed

const KINDS: readonly Relayed[] = [
  relayed({ contract: creditJob, due: dueJobs('credit'), payload: (jobId) => ({ v: 1 as const, jobId }) }),
  relayed({ contract: reversalJob, due: dueJobs('reversal'), payload: (jobId) => ({ v: 1 as const, jobId }) }),
  relayed({ contract: billRunJob, due: dueBillRuns, payload: (billRunId) => ({ v: 1 as const, billRunId }) }),
  relayed({ contract: billBatchJob, due: dueBatches, payload: (billBatchId) => ({ v: 1 as const, billBatchId }) }),
]

/**
 * One round of the relay: wakes whatever is durable but has no live job, whether the queue lost it, the process that should have
 * enqueued it died, or the queue gave it up. `afterMs` keeps it from what has only just been accepted.
 */
export async function relayOnce(db: Db, queues: Queues, afterMs: number, log: Logger): Promise<void> {
  const open: Partial<Record<string, number>> = await openCounts(db)
  for (const { contract, due, payload } of KINDS) {
    await reviveGivenUp(db, queues, contract, log)
    const {
      waiting = 0,
      active = 0,
      delayed = 0,
      prioritized = 0,
    } = await queues.of(contract).getJobCounts('waiting', 'active', 'delayed', 'prioritized')
    const live = waiting + active + delayed + prioritized
    // A long queue is no loss: nothing is woken again while there are as many live jobs as there are things to be done.
    if ((open[contract.name] ?? Number.POSITIVE_INFINITY) <= live) continue
    for (;;) {
      const ids = await due(db, afterMs, PAGE)
      await wake(queues, contract, ids.map(payload))
      if (ids.length > 0) log.warn({ job: contract.name, woken: ids.length }, 'woke what had no live job')
      if (ids.length < PAGE) break
    }
  }
}

/**
 * Takes up what the queue gave up. A failed job's id blocks a new one, so it is removed and its row woken again; a credit or reversal
 * that has failed in every round is settled as failed. Batches keep their own count of tries.
 */
async function reviveGivenUp(db: Db, queues: Queues, contract: JobContract, log: Logger): Promise<void> {
  for (const job of await queues.of(contract).getFailed(0, PAGE - 1)) {
    const { jobId } = job.data as { jobId?: string }
    const reason = job.failedReason ?? 'unknown'
    if (jobId !== undefined && !reason.startsWith(UNREADABLE)) {
      const rounds = await countGivenUp(db, jobId)
      if (rounds === undefined) continue
      if (rounds >= MOST_ROUNDS) {
        const refusal = { code: reason.includes('stalled') ? 'worker_crashed' : 'internal_error', message: reason }
        await settleJobs(db, [{ id: jobId, refusal, result: {} }])
        log.error({ job: contract.name, jobId, reason }, 'failed for good')
        continue
      }
    }
    await job.remove()
    log.warn({ job: contract.name, jobId: job.id, reason }, 'took up what the queue had given up')
  }
}
