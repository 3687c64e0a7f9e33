import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from '../../src/api/types.ts'
import { capturing, explain } from '../support/captured-queries.ts'
import { FILL, FILLED, idOf, WHALE } from '../support/filled.ts'
import { fill } from '../support/furnished.ts'
import { openService, type Service } from '../support/service.ts'

/** Smaller tables are read whole as fast as by an index. */
const LARGE = 5_000
/** A page has 50 rows, each with a few of other tables. */
const MAX_ROWS_READ = 1_000

let service: Service
let large: ReadonlySet<string>
let described: readonly Described[]

type Described = { readonly path: string; readonly filters: readonly string[] }

beforeAll(async () => {
  service = await openService()
  const client = new pg.Client({ connectionString: service.database.ownerUrl })
  await client.connect()
  for (const statement of FILL.split(';')) await client.query(statement)
  const { rows } = await client.query(`select relname from pg_class where relkind = 'r' and reltuples >= ${LARGE}`)
  await client.end()
  large = new Set(rows.map(({ relname }) => relname as string))
  described = await lists()
})
afterAll(() => service.close())

/** Every list that the service describes, with the filters that it offers. */
async function lists(): Promise<readonly Described[]> {
  const { body } = await service.call<{
    paths: Record<string, Record<string, { parameters?: readonly { name: string; in: string }[] }>>
  }>('GET', '/openapi.json')
  return Object.entries(body.paths).flatMap(([path, { get }]) => {
    const names = (get?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name)
    return names.includes('cursor')
      ? [{ path, filters: names.filter((name) => name !== 'cursor' && name !== 'limit') }]
      : []
  })
}

/** What each list is filtered by here, the common, the rare and the absent, and the place of a cursor in its middle. */
const ACCOUNTS = ['account-100', `account-${WHALE}`]
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString()
const RUNS = [idOf('run', 1), idOf('run', 100), idOf('run', FILLED.runs)]
const LISTS: Readonly<
  Record<string, { readonly filters: Readonly<Record<string, readonly string[]>>; readonly middle: string }>
> = {
  '/v1/accounts': { filters: { billGroup: ['default', 'small', 'nobody'] }, middle: String(FILLED.accounts / 2) },
  '/v1/credits': {
    filters: { accountId: ACCOUNTS, status: ['pending', 'deleted', 'issued', 'reversal_pending', 'reversed'] },
    middle: idOf('credit', FILLED.credits / 2),
  },
  '/v1/credits/{creditId}/unpaid-invoices': { filters: {}, middle: String(FILLED.invoices / 2) },
  '/v1/credits/{creditId}/disbursements': { filters: {}, middle: idOf('disbursement', 25_000) },
  '/v1/bill-runs': { filters: {}, middle: idOf('run', 100) },
  '/v1/bill-runs/{billRunId}/failures': { filters: {}, middle: String(FILLED.failures / 2) },
  '/v1/invoices': {
    filters: { accountId: ACCOUNTS, status: ['paid', 'unpaid'], billRunId: RUNS, number: ['70000'] },
    middle: String(FILLED.invoices / 2),
  },
  '/v1/invoices/{invoiceId}/transactions': { filters: {}, middle: `charge/2026-01-01/${idOf('charge', 30_000)}` },
  '/v1/reconciliations': { filters: {}, middle: '1' },
  '/v1/audit': {
    filters: {
      subject: [idOf('credit', 70_000), 'subject-9', 'subject-70000', 'nobody'],
      keyId: [idOf('key', 3), idOf('key', 20)],
      from: [secondsAgo(60_000)],
      to: [secondsAgo(50_000)],
    },
    middle: `${secondsAgo(50_000).replace('Z', '000Z')}/${idOf('job', 1)}`,
  },
  '/v1/schedules': { filters: {}, middle: 'm' },
  '/v1/keys': { filters: {}, middle: idOf('key', 10) },
}

test('every list, and every filter of it, is tried here', () => {
  const tried = Object.entries(LISTS).map(([path, { filters }]) => ({ path, filters: Object.keys(filters) }))
  expect(tried.toSorted(byPath)).toEqual(described.toSorted(byPath))
})
const byPath = (a: Described, b: Described) => (a.path < b.path ? -1 : 1)

test.each(Object.keys(LISTS))(
  '%s reads by an index no more than its page needs, whatever it is filtered by',
  async (path) => {
    const { filters, middle } = LISTS[path] as (typeof LISTS)[string]
    const wrong: string[] = []
    for (const query of combinations(filters)) {
      const first = await look(path, query, wrong)
      await look(path, `${query}&cursor=${Buffer.from(middle).toString('base64url')}`, wrong)
      if (first.nextCursor !== null) await look(path, `${query}&cursor=${first.nextCursor}`, wrong)
    }
    expect(wrong).toEqual([])
  },
)

/** Every way to give or leave out each filter, as a query. */
function combinations(filters: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(filters).reduce<readonly string[]>(
    (queries, [name, values]) => queries.flatMap((query) => [query, ...values.map((one) => `${query}&${name}=${one}`)]),
    [''],
  )
}

/** Asks for a page, and notes every reading of a large table that does not go by an index or looks at more than a page. */
async function look(path: string, query: string, wrong: string[]): Promise<Page<object>> {
  const at = fill(path, {
    creditId: idOf('credit', 500),
    billRunId: idOf('run', 1),
    invoiceId: idOf('invoice', 70_000),
  })
  let page: Page<object> | undefined
  const statements = await capturing(service.reads, async () => {
    const answer = await service.call<Page<object>>('GET', `${at}?${query.slice(1)}`)
    expect(answer.status, `${path} ${query}: ${answer.text}`).toBe(200)
    page = answer.body
  })
  expect(statements.length, 'read on the connections for what is shown').toBeGreaterThan(0)
  for (const statement of statements) {
    for (const { table, how, index, rows } of await explain(service.reads, statement)) {
      if (large.has(table) && (how === 'Seq Scan' || rows > MAX_ROWS_READ))
        wrong.push(`${path} ${query}: ${how} of ${table} by ${index}, ${rows} rows`)
    }
  }
  return page as Page<object>
}
