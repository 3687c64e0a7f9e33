import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Tx } from '../../src/db/open.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { selectBatches } from '../../src/ledger/bill-runs/select-batches.ts'
import { openWorld, type World } from '../support/world.ts'

const INDEXES = ['charge_pending', 'credit_pending', 'account_pkey', 'account_of_group']

/** Fewer than in earnest, so that fewer accounts do. */
const SLICE = 500

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** Accounts in the order of their ids; every `small`th is of the small group, every `pending`th has a charge, every third of those a credit instead. */
async function fill(
  accounts: number,
  { small, pending }: { readonly small: number; readonly pending: number },
): Promise<void> {
  await world.asOwner((client) =>
    client.query(`
      set session_replication_role = replica;
      insert into account (key, name, currency, bill_group)
        select 'account-' || n, 'Account', 'USD', case when n % ${small} = 0 then 'small' else 'big' end
        from generate_series(1, ${accounts}) n;
      insert into charge (id, account_id, amount, description, charged_on)
        select gen_random_uuid(), id, 1, 'a charge', '2026-01-01' from account where id % ${pending} = 0 and id % 3 > 0;
      insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at)
        select gen_random_uuid(), id, 1, 'a credit', true, now() from account where id % ${pending} = 0 and id % 3 = 0`),
  )
  await world.asOwner((client) => client.query('vacuum analyze account, charge, credit'))
}

/** Entries of indexes and rows of scans that this connection has read, since it last told the server. */
async function readSoFar(tx: Tx): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select sum(pg_stat_get_xact_tuples_returned(oid))::float8 as read from pg_class
    where relname = any(${[...INDEXES, 'account', 'charge', 'credit']}::text[])`.execute(tx)
  return rows[0]?.read ?? 0
}

/** Selects a run's accounts to the end. Gives them, the transactions that it took, and the entries of indexes and rows of scans that were read. */
async function selectAll(group: string) {
  const billRunId = await world.start({ group })
  let transactions = 0
  let read = 0
  for (let selectedAll = false; !selectedAll; transactions += 1) {
    selectedAll = await inTransaction(world.db, async (tx) => {
      const before = await readSoFar(tx)
      const slice = await selectBatches(tx, billRunId, 1_000, { slice: SLICE })
      read += (await readSoFar(tx)) - before
      return slice.selectedAll
    })
  }
  const { rows } = await sql<{ id: number }>`
    select unnest(account_ids) as id from bill_batch where bill_run_id = ${billRunId}::uuid order by id`.execute(
    world.db,
  )
  return { accountIds: rows.map(({ id }) => id), transactions, read }
}

/** The accounts that a run of the group is to select. */
async function expected(group: string): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from account where bill_group = ${group} and (
      id in (select account_id from charge where invoice_id is null) or id in (select account_id from credit where status = 'pending'))
    order by id`.execute(world.db)
  return rows.map(({ id }) => id)
}

describe('a run reads in proportion to its group or to what is pending, whichever is less', () => {
  test.each([
    ['small', 12_000, 100, 1],
    ['big', 12_000, 100, 1],
    ['big', 12_000, 100, 1_200],
    ['small', 12_000, 2, 5],
    ['small', 12_000, 6, 1],
    ['nobody', 12_000, 100, 1],
  ])(
    'the group %s of %i accounts, every %ith small, every %ith with something pending',
    async (group, accounts, small, pending) => {
      await fill(accounts, { small, pending })
      const { accountIds, transactions, read } = await selectAll(group)
      expect(accountIds).toEqual(await expected(group))
      const { rows } = await sql<{ size: number }>`
      select count(*) as size from account where bill_group = ${group}`.execute(world.db)
      const least = Math.min(rows[0]?.size ?? 0, accounts / pending)
      expect(read).toBeLessThan(6 * least + 3 * SLICE * transactions)
      expect(transactions).toBeLessThanOrEqual(Math.ceil(least / SLICE) + 1)
    },
  )
})

test('only what is due by the bill date is selected, also account by account', async () => {
  await fill(100, { small: 1, pending: 1 })
  await world.asOwner((client) => client.query(`update charge set charged_on = '2026-02-01' where account_id > 50`))
  const { accountIds } = await selectAll('small')
  expect(accountIds).toEqual((await expected('small')).filter((id) => id <= 50 || id % 3 === 0))
})
