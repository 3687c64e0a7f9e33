import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CommitMarker, decideOutcome, deleteOldMarkers, writeMarker } from '../../src/db/commit-marker.ts'
import { type Db, openDb, type Tx } from '../../src/db/open.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let db: Db
beforeEach(async () => {
  database = await openTestDatabase()
  db = openDb({
    url: database.url,
    max: 4,
    name: 'marker',
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 500,
    onIdleError: () => {},
  })
})
afterEach(async () => {
  await db.destroy()
  await database.drop()
})

const write = (tx: Tx) => sql`insert into reconciliation (ok, violations) values (true, 0)`.execute(tx)
const markers = async () => (await db.selectFrom('commit_marker').select('undone').execute()).length

/** A transaction that has written its marker, and stays open until it is told how to end. */
async function openTransaction(): Promise<{
  marker: CommitMarker
  end: (how: 'commit' | 'rollback') => Promise<void>
}> {
  const tx = await db.startTransaction().execute()
  await write(tx)
  const marker = (await writeMarker(tx)) as CommitMarker
  return { marker, end: async (how) => void (await tx[how]().execute()) }
}

test('a transaction that has committed is known to have, however often one looks', async () => {
  const { marker, end } = await openTransaction()
  await end('commit')
  expect(await decideOutcome(db, marker)).toBe(true)
  expect(await decideOutcome(db, marker)).toBe(true)
})

test('one that has not is known not to have, also by whoever looks again because the first answer was lost', async () => {
  const { marker, end } = await openTransaction()
  await end('rollback')
  expect(await decideOutcome(db, marker)).toBe(false)
  expect(await decideOutcome(db, marker)).toBe(false)
})

test.each(['commit', 'rollback'] as const)('one that is in progress is waited for: %s', async (how) => {
  const { marker, end } = await openTransaction()
  // No longer than for any lock.
  await expect(decideOutcome(db, marker)).rejects.toMatchObject({ code: '55P03' })
  const deciding = decideOutcome(db, marker)
  await end(how)
  expect(await deciding).toBe(how === 'commit')
})

test('what has written nothing leaves no marker, and is not made to write', async () => {
  await db.transaction().execute(async (tx) => {
    await sql`select 1`.execute(tx)
    expect(await writeMarker(tx)).toBeUndefined()
    const { rows } = await sql`select pg_current_xact_id_if_assigned() as id`.execute(tx)
    expect(rows).toEqual([{ id: null }])
  })
  expect(await markers()).toBe(0)
})

test('a marker that may have been deleted decides nothing', async () => {
  const { rows } = await sql<CommitMarker>`
    select (now() - interval '6 minutes')::text as at, gen_random_uuid() as id`.execute(db)
  expect(await decideOutcome(db, rows[0] as CommitMarker)).toBeUndefined()
  expect(await markers()).toBe(0)
})

test('markers are deleted by age, a bounded number at a time, and only those that nobody decides by any more', async () => {
  await sql`insert into commit_marker (at, id)
    select now() - interval '1 hour', gen_random_uuid() from generate_series(1, 25000)`.execute(db)
  const { marker, end } = await openTransaction()
  await end('commit')
  await sql`insert into commit_marker (at, id) values (now() - interval '9 minutes', gen_random_uuid())`.execute(db)
  await deleteOldMarkers(db)
  expect(await markers()).toBe(2)
  expect(await decideOutcome(db, marker)).toBe(true)
})
