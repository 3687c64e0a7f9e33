import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBooks } from '../support/books.ts'
import { CORRUPTIONS } from '../support/corruptions/all.ts'
import type { TestDatabase } from '../support/database.ts'

let database: TestDatabase
/** As the service logs in. */
let service: pg.Client

beforeAll(async () => {
  database = await openBooks()
  service = new pg.Client({ connectionString: database.url })
  await service.connect()
})
afterAll(async () => {
  await service?.end()
  await database?.drop()
})

/** The SQLSTATE and the reason that refuse statements, at the latest at their COMMIT. Nothing of them stays, whatever came of it. */
async function refused(statements: string): Promise<string | undefined> {
  await service.query('begin')
  try {
    await service.query(statements)
    await service.query('set constraints all immediate')
    return undefined
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code} ${message}`
  } finally {
    await service.query('rollback')
  }
}

describe('the service cannot make, with its own rights,', () => {
  test.each(CORRUPTIONS.filter(({ possible }) => possible === undefined))('$what', async ({ statements }) => {
    // No right, or a constraint or trigger that says no.
    expect(await refused(statements)).toMatch(/^(42501|23\d{3}) /)
  })
})

/** What is listed as possible has to be, or the list lies. */
describe('only `reconcile` finds, since the service has to write such things,', () => {
  test.each(CORRUPTIONS.filter(({ possible }) => possible !== undefined))(
    '$what: $possible',
    async ({ statements }) => {
      expect(await refused(statements)).toBeUndefined()
    },
  )
})

describe('the service has no right to', () => {
  test.each([
    ['edit what was accepted', "update job set request = '{}'"],
    ['say that another asked', 'update job set api_key_id = gen_random_uuid()'],
    ['give a key other scopes', "update api_key set scopes = '{admin}'"],
    ['exchange a key', "update api_key set key_hash = sha256('mine')"],
    ['name a schedule otherwise', "update schedule set name = 'other'"],
    ['put accounts into a batch', "update bill_batch set account_ids = '{1}'"],
    ['date a request back', "update job set created_at = '2020-01-01'"],
    ['write records', "insert into credit_change (credit_id, kind) values (gen_random_uuid(), 'deleted')"],
    ['delete records', 'delete from charge_recording'],
    ['edit the audit', "update audit_entry set action = 'nothing'"],
    ['switch triggers off', 'set session_replication_role = replica'],
    ['disable a trigger', 'alter table credit disable trigger all'],
    ['alter a table', 'alter table invoice drop constraint invoice_check'],
    [
      'replace a function',
      'create or replace function refuse_move() returns trigger language plpgsql as $$ begin return null; end $$',
    ],
    ['make tables', 'create table of_ones_own (id integer)'],
    ['read passwords', 'select rolpassword from pg_authid'],
  ])('%s', async (_, statement) => {
    expect(await refused(statement)).toMatch(/^42501 /)
  })
})
