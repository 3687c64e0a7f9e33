import { sql } from 'kysely'
import { recordCredits } from '../ledger/credits/record-credits.ts'
import { recordReversals } from '../ledger/credits/record-reversals.ts'
import { findDueBatches, findDueBillRuns } from '../ledger/requests/find-due.ts'
import type { Kind } from './kind.ts'
import { processBatches } from './process-batch.ts'
import { processBillRuns } from './process-bill-run.ts'
import { requestKind } from './process-requests.ts'
import { proposeDueRuns, SCHEDULE_TICK } from './schedules.ts'

/**
 * Every kind of work. The queues, the workers, the relay, /metrics and the tests are derived from this table: a new kind needs a row here
 * and a script.
 */
export const KINDS: readonly Kind[] = [
  requestKind('credit', recordCredits),
  requestKind('reversal', recordReversals),
  {
    name: 'bill-run',
    gathers: false,
    process: 'bill-run',
    concurrency: () => 2,
    durable: {
      findDue: findDueBillRuns,
      backlog: sql`select count(*) as open, min(created_at) as since from bill_run where finished_at is null`,
      finished: (from, to) => sql`
        select count(*) filter (where status = 'completed') as done, count(*) filter (where status = 'completed_with_failures') as failed
        from bill_run where finished_at >= ${from} and finished_at < ${to}`,
      isRequest: false,
    },
    open: processBillRuns,
  },
  {
    name: 'bill-batch',
    gathers: false,
    process: 'bill-batch',
    concurrency: (config) => config.BILL_BATCH_CONCURRENCY,
    durable: {
      findDue: findDueBatches,
      backlog: sql`select count(*) as open, min(created_at) as since from bill_batch where status = 'open'`,
      finished: (from, to) => sql`
        select (select count(*) from bill_batch where status = 'done' and finished_at >= ${from} and finished_at < ${to}) as done,
          (select count(*) from bill_batch where status = 'failed' and finished_at >= ${from} and finished_at < ${to}) as failed`,
      isRequest: false,
    },
    open: processBatches,
  },
  {
    name: SCHEDULE_TICK,
    gathers: false,
    process: 'bill-run',
    concurrency: () => 1,
    open:
      ({ db, queues, log }) =>
      () =>
        proposeDueRuns(db, queues, log),
  },
]
