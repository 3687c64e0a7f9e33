import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDb } from '../../src/db/open.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { execute, openTestDatabase } from '../support/database.ts'

test('a migration beside a process that runs on costs it one try, not its connections', async () => {
  const database = await openTestDatabase()
  const db = openDb({
    url: database.url,
    max: 1,
    name: 'older',
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 5_000,
    onIdleError: () => {},
  })
  let tries = 0
  const read = () =>
    inTransaction(db, async (tx) => {
      tries += 1
      return (await sql`select * from schedule where name = ${'none'}`.execute(tx)).rows
    })
  expect(await read()).toEqual([])
  await execute(database.ownerUrl, 'alter table schedule add column newer text')
  expect(await read()).toEqual([])
  expect(tries).toBe(3)
  // Outside of a transaction nobody tries again but the connection itself.
  await execute(database.ownerUrl, 'alter table schedule add column newest text')
  expect((await sql`select * from schedule where name = ${'none'}`.execute(db)).rows).toEqual([])
  await db.destroy()
  await database.drop()
})
