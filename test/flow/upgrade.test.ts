import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { reconcile } from '../../src/ledger/reconcile/reconcile.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import type { TestDatabase } from '../support/database.ts'
import { type Answer, openService, type Service } from '../support/service.ts'
import { type Books, openOldDatabase, readBooks, restore } from '../support/version-0013.ts'

let database: TestDatabase
let service: Service
let books: Books
const said: string[] = []

beforeAll(async () => {
  books = await readBooks()
  database = await openOldDatabase()
  await restore(database.ownerUrl, books)
  await migrate(database.ownerUrl, { say: (line) => said.push(line) })
  await prepareQueues({ ownerUrl: database.ownerUrl, redisUrl: undefined })
  service = await openService({ database })
})
afterAll(async () => {
  await service.close()
  await database.drop()
})

const LINES = /^(\/v1\/invoices\/[^/]+\/transactions)$/

type Page = { readonly data: unknown[]; readonly nextCursor: string | null }

/** All that a list has, in pages of seven. */
async function readAll(path: string): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer<Page> = await service.call('GET', `${path}?limit=7${cursor && `&cursor=${cursor}`}`)
    all.push(...page.body.data)
    cursor = page.body.nextCursor
  }
  return all
}

/** What is answered now, as text, without the fields that came since. */
function asBefore(now: unknown, before: unknown): string {
  return JSON.stringify(without(now, before))
}

function without(now: unknown, before: unknown): unknown {
  if (Array.isArray(now) && Array.isArray(before)) return now.map((one, index) => without(one, before[index]))
  if (!isObject(now) || !isObject(before)) return now
  return Object.fromEntries(
    Object.entries(now).flatMap(([name, value]) => (name in before ? [[name, without(value, before[name])]] : [])),
  )
}
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

test('a database of the version before gives every answer as it was, to the byte, but for new fields', async () => {
  const { 'POST /v1/bill-runs/preview': previewed, ...read } = books.answers
  expect(Object.keys(read).length).toBeGreaterThan(80)
  for (const [path, text] of Object.entries(read)) {
    const now = LINES.test(path) ? await readAll(path) : (await service.call('GET', path)).body
    expect(asBefore(now, JSON.parse(text)), path).toBe(text)
  }
  const preview = await service.call('POST', '/v1/bill-runs/preview', { body: books.preview })
  expect(asBefore(preview.body, JSON.parse(previewed as string))).toBe(previewed)
})

test.each(['/v1/invoices', '/v1/accounts', '/v1/credits', '/v1/bill-runs'])(
  '%s is the same in many pages',
  async (path) => {
    const { data } = JSON.parse(books.answers[`${path}?limit=500`] as string) as Page
    expect(asBefore(await readAll(path), data)).toBe(JSON.stringify(data))
  },
)

test('the migration says how far it is', () => {
  expect(said).toContainEqual(expect.stringMatching(/^carried over \d+ of about \d+ lines of invoices$/))
})

test('it adds up, is billed on, and adds up again', async () => {
  expect((await reconcile(service.db)).checks.filter(({ violations }) => violations > 0)).toEqual([])
  const { body } = await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', {
    body: { billDate: '2026-04-30' },
  })
  await service.processAll()
  const run = await service.call('GET', `/v1/bill-runs/${body.billRunId}`)
  expect(run.body).toMatchObject({ status: 'completed' })
  expect((await reconcile(service.db)).checks.filter(({ violations }) => violations > 0)).toEqual([])
})
