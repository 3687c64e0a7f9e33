import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** How long the probe waits for a lock, and for a statement, in ms: it takes what a batch takes for milliseconds. */
const PATIENCE_MS = 3_000

/**
 * Whether the database takes, here and now, what every batch of every bill run needs, whichever its accounts: a lock on the tables, the
 * counter of invoices, a write, a COMMIT. When it does, an error that may be the house's (see faultOf) is that of the accounts.
 */
export async function takesBillRuns(db: Db): Promise<boolean> {
  try {
    await db.transaction().execute(async (tx) => {
      await sql`select set_config('lock_timeout', ${`${PATIENCE_MS}`}, true), set_config('statement_timeout', ${`${PATIENCE_MS}`}, true)`.execute(
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
