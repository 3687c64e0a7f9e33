import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from '../../src/api/types.ts'
import { capturing, explain } from '../support/captured-queries.ts'
import { combinations, everyList, idsIn, type TriedList } from '../support/every-list.ts'
import { FILLED, fillStatements, whaleOf } from '../support/filled.ts'
import { fill } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

/** Smaller tables are read whole as fast as by an index. */
const LARGE = 5_000
/** A page has 50 rows, each with a few of other tables. */
const MAX_ROWS_READ = 1_000

let service: Service
let large: ReadonlySet<string>
let described: readonly Described[]

const LISTS = everyList(FILLED)

type Described = { readonly path: string; readonly filters: readonly string[] }

beforeAll(async () => {
  service = await openService()
  const client = new pg.Client({ connectionString: service.database.ownerUrl })
  await client.connect()
  await client.query(fillStatements(FILLED))
  await client.query('vacuum analyze')
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

test('every list, and every filter of it, is tried here', () => {
  const tried = Object.entries(LISTS).map(([path, { filters }]) => ({ path, filters: Object.keys(filters) }))
  expect(tried.toSorted(byPath)).toEqual(described.toSorted(byPath))
})
const byPath = (a: Described, b: Described) => (a.path < b.path ? -1 : 1)

test.each(Object.keys(LISTS))(
  '%s reads by an index no more than its page needs, whatever it is filtered by',
  async (path) => {
    const { filters, middle } = LISTS[path] as TriedList
    const wrong: string[] = []
    for (const query of combinations(filters)) {
      const first = await look(path, query, wrong)
      await look(path, `${query}&cursor=${Buffer.from(middle).toString('base64url')}`, wrong)
      if (first.nextCursor !== null) await look(path, `${query}&cursor=${first.nextCursor}`, wrong)
    }
    expect(wrong).toEqual([])
  },
)

/** Asks for a page, and notes every reading of a large table that does not go by an index or looks at more than a page. */
async function look(path: string, query: string, wrong: string[]): Promise<Page<object>> {
  const at = fill(path, idsIn(FILLED))
  let page: Page<object> | undefined
  const statements = await capturing(service.reads, async () => {
    const answer = await service.call<Page<object>>('GET', `${at}?${query.slice(1)}`)
    expect(answer.status, `${path} ${query}: ${answer.text}`).toBe(200)
    page = answer.body
  })
  expect(statements.length, 'read on the connections for what is shown').toBeGreaterThan(0)
  for (const statement of statements) {
    for (const { table, how, index, rows } of await explain(service.reads, statement)) {
      if (large.has(table) && (how === 'Seq Scan' || rows > (LISTS[path]?.maxRows ?? MAX_ROWS_READ)))
        wrong.push(`${path} ${query}: ${how} of ${table} by ${index}, ${rows} rows`)
    }
  }
  return page as Page<object>
}

test('the reasons for which requests failed are counted by an index, of all, of an account and of a type', async () => {
  const wrong: string[] = []
  for (const query of [
    '',
    'type=reversal',
    `accountId=account-${whaleOf(FILLED)}`,
    'accountId=account-100&type=credit',
  ]) {
    const statements = await capturing(service.reads, () =>
      service.call('GET', `/v1/jobs/failure-groups?${query}`).then(({ status }) => expect(status).toBe(200)),
    )
    for (const statement of statements)
      for (const { table, how } of await explain(service.reads, statement))
        if (table === 'job' && !how.startsWith('Index')) wrong.push(`${query}: ${how}`)
  }
  expect(wrong).toEqual([])
})
