import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Db, openDb, type Tx } from '../../src/db/open.ts'
import { checkRules, type ReconcileReport, reconcile } from '../../src/ledger/reconcile/reconcile.ts'
import { openBooks } from '../support/books.ts'
import { CORRUPTIONS } from '../support/corruptions/all.ts'
import { execute, openTestDatabase } from '../support/database.ts'
import { countOf } from '../support/world.ts'

/** The books as they are, and without a constraint that would stand in the way of their owner. */
let books: Db
let unguarded: Db
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  const database = await openBooks()
  closers.push(database.drop)
  const copy = await openTestDatabase(database)
  closers.push(copy.drop)
  await execute(copy.ownerUrl, DROP_CONSTRAINTS)
  books = open(database.url)
  unguarded = open(copy.ownerUrl)
  closers.push(
    () => books.destroy(),
    () => unguarded.destroy(),
  )
})
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

const DROP_CONSTRAINTS = `
  do $$
  declare one record;
  begin
    for one in select conrelid::regclass as at, conname from pg_constraint
      where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'f') and conrelid <> 0
      order by contype = 'u'
    loop execute format('alter table %s drop constraint %I', one.at, one.conname); end loop;
  end $$;
  drop index disbursement_automatic_once`

const open = (url: string) =>
  openDb({ url, max: 1, name: 'test', statementTimeoutMs: 30_000, lockTimeoutMs: 20_000, onIdleError: () => {} })

function redRules({ ok, checks }: ReconcileReport): readonly string[] {
  const red = checks.filter(({ violations }) => violations > 0)
  expect(ok).toBe(red.length === 0)
  for (const { violations, examples } of red) {
    expect(examples.length).toBeGreaterThan(0)
    expect(violations).toBeGreaterThanOrEqual(examples.length)
  }
  return red.map(({ name }) => name)
}

/** What is found after statements of the owner, who has switched off every trigger. They are taken back. */
async function corrupted<T>(statements: string, look: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await unguarded.startTransaction().execute()
  try {
    await sql.raw(`set local session_replication_role = replica; ${statements}`).execute(tx)
    return await look(tx)
  } finally {
    await tx.rollback().execute()
  }
}

test('books with everything in them are green, as a whole and run by run', async () => {
  for (const status of ['pending', 'deleted', 'issued', 'reversal_pending', 'reversed']) {
    expect(await countOf(books, 'credit', `status = '${status}'`)).toBeGreaterThan(0)
  }
  expect(await countOf(books, 'charge', 'invoice_id is not null')).toBeGreaterThan(0)
  expect(await countOf(books, 'disbursement', 'automatic')).toBeGreaterThan(0)
  expect(await countOf(books, 'disbursement', 'not automatic')).toBeGreaterThan(0)
  expect(await countOf(books, 'forgotten_job')).toBeGreaterThan(0)
  expect(redRules(await reconcile(books))).toEqual([])
  expect(redRules(await reconcile(unguarded))).toEqual([])
  const runs = await books.selectFrom('bill_run').select('id').execute()
  expect(runs.length).toBe(5)
  for (const { id } of runs) expect(redRules(await reconcile(books, { billRunId: id }))).toEqual([])
})

test('each of many corruptions has a name of its own, and every rule has one that breaks it', async () => {
  expect(CORRUPTIONS.length).toBeGreaterThanOrEqual(100)
  expect(new Set(CORRUPTIONS.map(({ what }) => what)).size).toBe(CORRUPTIONS.length)
  const { checks } = await reconcile(books)
  const broken = new Set(CORRUPTIONS.flatMap(({ rules }) => rules))
  expect([...broken].sort()).toEqual(checks.map(({ name }) => name).sort())
})

test('it tells of each rule before it checks it, and says what each is', async () => {
  const told: string[] = []
  const { checks } = await reconcile(books, {
    onRule: ({ name, index, of }) => told.push(`${index} of ${of}: ${name}`),
  })
  expect(told).toEqual(checks.map(({ name }, index) => `${index} of ${checks.length}: ${name}`))
  for (const { description } of checks) expect(description).toMatch(/^[A-Z].{20}/)
})

describe('it goes red, and says so in words, at', () => {
  test.each(CORRUPTIONS)('$what', async ({ statements, rules }) => {
    const red = await corrupted(statements, async (tx) => redRules(await checkRules(tx)))
    expect(red).toEqual(expect.arrayContaining([...rules]))
  })
})

test('of one bill run, it finds what that run wrote and nothing of another', async () => {
  await corrupted('update invoice set total = total - 1 where number = 1', async (tx) => {
    const { rows: runs } = await sql<{ id: string; first: number }>`
      select bill_run_id as id, min(number) as first from invoice group by 1 order by 2`.execute(tx)
    for (const { id, first } of runs) {
      expect(redRules(await checkRules(tx, { billRunId: id }))).toEqual(first === 1 ? ['invoice_totals'] : [])
    }
  })
})
