import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { claimBatch } from '../../src/ledger/bill-runs/batches.ts'
import { billAccounts } from '../../src/ledger/invoices/bill-accounts.ts'
import { insertAccounts } from '../support/many-accounts.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('a batch finds its rows by index, even where reading whole tables would look cheap for one batch', async () => {
  await insertAccounts({ asOwner: (statement) => world.asOwner((client) => client.query(statement)) }, 'many', 12_000)
  const billRunId = await world.start({ group: 'many' })
  const batchIds = await world.select(billRunId, 1_000)
  for (const batchId of batchIds) {
    const batch = await claimBatch(world.db, batchId)
    if (!batch) throw new Error('the batch is closed')
    const scanned = await inTransaction(world.db, async (tx) => {
      await billAccounts(tx, batch)
      return await sql`
        select relname from pg_stat_xact_user_tables
        where seq_scan > 0 and relname in ('account', 'charge', 'credit', 'invoice', 'disbursement')`.execute(tx)
    })
    expect(scanned.rows).toEqual([])
  }
  await world.expectReconciled()
})
