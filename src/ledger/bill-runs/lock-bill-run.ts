import type { Tx } from '../../db/open.ts'
import type { BillRunStatus } from '../../db/schema.ts'
import { Refusal } from '../../problems.ts'

/** Locks a bill run. Throws a Refusal `bill_run_not_found`. */
export async function lockBillRun(tx: Tx, id: string): Promise<{ status: BillRunStatus; finished_at: Date | null }> {
  const run = await tx
    .selectFrom('bill_run')
    .select(['status', 'finished_at'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!run) throw new Refusal('bill_run_not_found', `there is no bill run ${id}`)
  return run
}
