import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Account, Page } from '../../src/api/types.ts'
import { capturing } from '../support/captured-queries.ts'
import { get, post } from '../support/expected-answer.ts'
import { holdLock } from '../support/held-lock.ts'
import { query } from '../support/one-query.ts'
import { expectProblem } from '../support/problem.ts'
import { fill, type Ids, NOBODY, seedService } from '../support/seeded-service.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'

type Row = Readonly<Record<string, string>>

const CSV = { accept: 'text/csv' }

let service: Service
let ids: Ids

beforeAll(async () => {
  service = await openService({ settings: { READ_TIMEOUT_MS: '1000' } })
  ids = await seedService(service)
})
afterAll(() => service.close())

/** The rows of a list as CSV, and the header row. */
async function csvRows(path: string): Promise<{ readonly names: readonly string[]; readonly rows: readonly Row[] }> {
  const answer = await service.call('GET', path, { headers: CSV })
  expect(answer.status, answer.text).toBe(200)
  const [names = [], ...records] = parse(answer.text, { record_delimiter: '\r\n' }) as string[][]
  return { names, rows: records.map((one) => Object.fromEntries(one.map((cell, index) => [names[index], cell]))) }
}

/** A row of the API as cells: what is nested has a name with a dot, and a list of objects is left out. */
function cellsOf(row: object, under = ''): Row {
  const cells = Object.entries(row).map(([name, value]): Row => {
    if (value === null) return {}
    if (!Array.isArray(value))
      return typeof value === 'object' ? cellsOf(value, `${under}${name}.`) : { [under + name]: String(value) }
    return value.some((one) => typeof one === 'object') || value.length === 0 ? {} : { [under + name]: value.join(' ') }
  })
  return Object.assign({}, ...cells)
}

/** Every list that the service describes, with ids in its path. */
async function lists(): Promise<readonly string[]> {
  const { paths } = await get<{ paths: Record<string, { get?: { parameters?: { name: string }[] } }> }>(
    service,
    '/openapi.json',
  )
  return Object.entries(paths).flatMap(([path, { get: list }]) =>
    list?.parameters?.some(({ name }) => name === 'cursor') ? [path] : [],
  )
}

test('every list is the same as CSV as page by page', async () => {
  const named: Ids = {
    ...ids,
    accountId: 'usd',
    creditId: ids.reversed as string,
    billRunId: ids.finishedRun as string,
    invoiceId: ids.invoice as string,
  }
  const paths = await lists()
  expect(paths.length).toBeGreaterThan(10)
  for (const template of paths) {
    const path = fill(template, named)
    const expected: Row[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<object> = await get(service, `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      expected.push(...page.data.map((row) => cellsOf(row)))
      cursor = page.nextCursor
    }
    const { names, rows } = await csvRows(path)
    expect(rows.length, path).toBe(expected.length)
    const blank = Object.fromEntries(names.map((name) => [name, '']))
    for (const [index, cells] of expected.entries()) expect(rows[index], path).toEqual({ ...blank, ...cells })
    for (const name of names.filter((one) => /^(amount|balance|total)/.test(one)))
      expect(names, `${path} has ${name}`).toContain('currency')
  }
})

describe('what is asked for', () => {
  test('a filter holds, the file has a name and a date', async () => {
    const answer = await service.call('GET', '/v1/credits?accountId=usd&status=pending', { headers: CSV })
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="credits-\d{4}-\d\d-\d\d\.csv"$/)
    expect(answer.headers.vary).toContain('accept')
    const { data } = await get<Page<object>>(service, '/v1/credits?accountId=usd&status=pending')
    expect(parse(answer.text, { columns: true })).toHaveLength(data.length)
  })

  test('a limit is kept, and a cursor goes on from its place', async () => {
    const first = await get<Page<Account>>(service, '/v1/accounts?limit=1')
    const one = await csvRows('/v1/accounts?limit=1')
    expect(one.rows.map(({ accountId }) => accountId)).toEqual([first.data[0]?.accountId])
    const all = await csvRows('/v1/accounts')
    expect((await csvRows(`/v1/accounts?cursor=${first.nextCursor}`)).rows).toEqual(all.rows.slice(1))
  })

  test.each([
    ['text/csv', true],
    ['TEXT/CSV; header=present', true],
    ['application/json;q=0.9, text/csv', true],
    ['text/csv;q=0.5, application/json', false],
    ['text/csv;q=0', false],
    ['*/*', false],
    ['text/html, application/json', false],
  ])('Accept: %s', async (accept, asCsv) => {
    const { headers } = await service.call('GET', '/v1/accounts', { headers: { accept } })
    expect(headers['content-type']).toContain(asCsv ? 'text/csv' : 'application/json')
  })

  test('an empty list is its header row', async () => {
    const { names, rows } = await csvRows('/v1/credits?status=deleted&accountId=jpy')
    expect(rows).toEqual([])
    expect(names.slice(0, 2)).toEqual(['creditId', 'accountId'])
  })

  test('a refusal is a problem, as for JSON', async () => {
    expectProblem(await service.call('GET', '/v1/credits?accountId=nobody', { headers: CSV }), 404, 'account_not_found')
    const path = `/v1/credits/${NOBODY}/disbursements`
    expectProblem(await service.call('GET', path, { headers: CSV }), 404, 'credit_not_found')
    expectProblem(
      await service.call('GET', '/v1/credits', { headers: CSV, key: service.keys.enqueue }),
      403,
      'missing_scope',
    )
  })

  test('HEAD reads a page and sends none', async () => {
    const answer = await service.call('HEAD', '/v1/credits', { headers: CSV })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(answer.headers['content-type']).toContain('text/csv')
  })
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])('%j is no formula', async (name) => {
  const accountId = `formula-${Buffer.from(name).toString('hex')}`
  await post(service, '/v1/accounts', { accountId, name, currency: 'USD' }, 201)
  const { rows } = await csvRows('/v1/accounts')
  expect(rows.find((one) => one.accountId === accountId)?.name).toBe(`'${name}`)
})

test('quotes, commas, lines and other scripts come back as they were', async () => {
  const name = 'Müller, "Söhne" & 株式会社 שלום'
  await post(service, '/v1/accounts', { accountId: 'quoted', name, currency: 'EUR' }, 201)
  expect((await csvRows('/v1/accounts')).rows.find((one) => one.accountId === 'quoted')?.name).toBe(name)
})

/** More than the connections of this machine hold by themselves: the service waits for whoever reads it. */
describe('20 MB, of which a reader takes the beginning', () => {
  const COUNT = 10_000
  let many: string

  beforeAll(async () => {
    many = `/v1/invoices/${ids.invoice}/transactions`
    await query(
      service.database.ownerUrl,
      `set session_replication_role = replica;
      insert into charge (id, account_id, amount, description, charged_on, invoice_id)
        select gen_random_uuid(), account_id, 1, repeat('x', 2000), date '2026-02-01' + n, id
        from invoice cross join generate_series(1, ${COUNT}) n where id = '${ids.invoice}'`,
    )
  })

  test('a page that takes too long breaks the connection: nobody takes the part for the whole', async () => {
    const read = await openCsv(many)
    const lock = await holdLock(service.database.ownerUrl, 'lock table charge in access exclusive mode')
    try {
      await expect(read.toEnd()).rejects.toThrow()
    } finally {
      await lock.release()
    }
    expect(service.logged.map(({ msg }) => msg)).toContain('a list as CSV was cut short')
    expect((await csvRows(many)).rows.length).toBeGreaterThan(COUNT)
  })

  test('nothing is read any more for a reader that went away', async () => {
    const pages = COUNT / 500
    const statements = await capturing(service.reads, async () => {
      const read = await openCsv(many)
      read.leave()
      // The whole list, read meanwhile by another.
      await csvRows(many)
    })
    const ofPages = statements.filter(({ sql }) => sql.includes('union all'))
    expect(ofPages.length).toBeGreaterThan(pages)
    expect(ofPages.length).toBeLessThan(2 * pages)
  })
})

/** Begins to read a list as CSV, and takes no more of it than its first row until told to. */
async function openCsv(path: string) {
  const away = new AbortController()
  const headers = { ...CSV, authorization: `Bearer ${BOOTSTRAP_KEY}` }
  const { body } = await fetch(new URL(path, service.url), { headers, signal: away.signal })
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  return {
    leave: () => away.abort(),
    toEnd: async () => {
      for (let done = false; !done; ) done = (await reader.read()).done
    },
  }
}
