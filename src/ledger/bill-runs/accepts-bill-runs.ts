import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** How long the probe waits for a lock, and for a statement, in ms. A batch holds what the probe asks for only for milliseconds. */
const TIMEOUT_MS = 3_000

/**
 * Probes whether the database now accepts what every batch needs, whatever its accounts: a lock on the tables, the invoice counter, a
 * write, a COMMIT. If it does, an error whose fault is `unclear` (see faultOf) comes from the accounts and not from the system.
 */
export async function acceptsBillRuns(db: Db): Promise<boolean> {
  try {
    await db.transaction().execute(async (tx) => {
      const timeout = String(TIMEOUT_MS)
      await sql`select set_config('lock_timeout', ${timeout}, true), set_config('statement_timeout', ${timeout}, true)`.execute(
        tx,
      )
      await sql`
        lock table account, charge, credit, invoice, disbursement, bill_run, bill_batch, bill_batch_total
        in row exclusive mode`.execute(tx)
      await sql`update invoice_counter set last_number = last_number`.execute(tx)
    })
    return true
  } catch {
    return false
  }
}
