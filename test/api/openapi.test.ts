import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'
import { fill, type Ids, NOBODY, seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

type Operation = {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly object[]
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object; readonly example?: object }>>
  }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly example?: object }>> }>
  >
}
type Document = {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const ROOT = join(import.meta.dirname, '../..')
const REDOCLY = join(ROOT, 'node_modules/@redocly/cli/bin/cli.js')

let service: Service
let ids: Ids
let document: Document
let text: string

beforeAll(async () => {
  service = await openService()
  ids = await seedService(service)
  const answer = await service.call<Document>('GET', '/openapi.json', { key: null })
  expect(answer.status).toBe(200)
  document = answer.body
  text = answer.text
})
afterAll(() => service.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      method,
      operation,
    })),
  )

test('a linter finds nothing in the document (redocly.yaml)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-openapi-'))
  try {
    const file = join(folder, 'openapi.json')
    await writeFile(file, text)
    const { problems } = await lint(file)
    expect(problems).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** Runs the linter on a file: it looks for no update and tells nobody. */
function lint(file: string): Promise<{ readonly problems: readonly string[] }> {
  const args = [REDOCLY, 'lint', file, '--config', join(ROOT, 'redocly.yaml'), '--format', 'json']
  const env = { PATH: process.env.PATH, CI: 'true', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      try {
        const { problems } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
          problems: { severity: string; ruleId: string; message: string; location: { pointer?: string }[] }[]
        }
        resolve({
          problems: problems.map(
            (one) => `${one.severity} ${one.ruleId}: ${one.message} at ${one.location[0]?.pointer}`,
          ),
        })
      } catch {
        reject(new Error(`the linter gave no report: ${error?.message} ${stdout} ${stderr}`))
      }
    })
  })
}

test('every operation has a summary of its own, a tag, and says what it answers', () => {
  const summaries = operations().map(({ operation }) => operation.summary)
  expect(new Set(summaries).size).toBe(operations().length)
  for (const { name, operation } of operations()) {
    expect(operation.summary, name).toMatch(/^[A-Z].{4,}/)
    expect(operation.tags, name).toHaveLength(1)
    expect(
      Object.keys(operation.responses).some((status) => status.startsWith('2')),
      name,
    ).toBe(true)
  }
})

test('every call of the client is an operation of the same name', () => {
  const client = openApiClient({ baseUrl: 'http://127.0.0.1', apiKey: undefined })
  // One operation, which answers accounts at once and a group with events.
  const of: Readonly<Record<string, string>> = { previewGroup: 'previewBillRun' }
  const calls = Object.keys(client).flatMap((name) =>
    name.startsWith('waitFor') || ['streamCsv', 'call'].includes(name) ? [] : [of[name] ?? name],
  )
  expect(operations().map(({ operation }) => operation.operationId)).toEqual(expect.arrayContaining(calls))
})

test('every refusal is a problem document, and every call under /v1 can be refused for its key', () => {
  for (const { name, path, operation } of operations()) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (status < '400' || path === '/readyz') continue
      expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual(['application/problem+json'])
      expect(content?.['application/problem+json']?.example).toMatchObject({ status: Number(status) })
    }
    if (path.startsWith('/v1/'))
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '401', '403', '429', '503']))
    else expect(operation.security, name).toEqual([])
  }
})

test('every request body has an example', () => {
  const bodies = operations().filter(({ operation }) => operation.requestBody)
  expect(bodies.length).toBeGreaterThan(12)
  for (const { name, operation } of bodies) {
    expect(Object.keys(operation.requestBody?.content ?? {}), name).toEqual(['application/json'])
    expect(operation.requestBody?.content['application/json']?.example, name).toBeTypeOf('object')
  }
})

test('every answer has an example', () => {
  const answers = operations().flatMap(({ name, operation }) =>
    Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
      Object.entries(content)
        .filter(([type]) => type === 'application/json')
        .map(([, { example }]) => ({ name: `${name} ${status}`, example })),
    ),
  )
  expect(answers.length).toBeGreaterThan(25)
  for (const { name, example } of answers) expect(example, name).toBeTypeOf('object')
})

describe('the examples', () => {
  const exampleOf = (name: string) => {
    const found = operations().find((one) => one.name === name)
    const example = found?.operation.requestBody?.content['application/json']?.example
    if (!example) throw new Error(`${name} has no example`)
    return example
  }

  // In the order in which a newcomer tries them: later ones are about what earlier ones made.
  const TRIED = [
    ['POST /v1/accounts', 201],
    ['POST /v1/charges', 201],
    ['POST /v1/credits', 202],
    ['POST /v1/credits/batch', 202],
    ['POST /v1/bill-runs/preview', 200],
    ['POST /v1/bill-runs', 202],
    ['POST /v1/bill-runs/{billRunId}/cancel', 202],
    ['POST /v1/bill-runs/{billRunId}/retry', 202],
    ['POST /v1/credits/{creditId}/disbursements', 201],
    ['POST /v1/credits/{creditId}/reversal', 202],
    ['POST /v1/jobs/{jobId}/retry', 202],
    ['POST /v1/jobs/retry', 202],
    ['PUT /v1/schedules/{name}', 200],
    ['POST /v1/keys', 201],
    ['POST /v1/reconciliations', 202],
  ] as const

  test('are all tried here', () => {
    const withBody = operations().filter(({ operation }) => operation.requestBody)
    expect(TRIED.map(([name]) => name).toSorted()).toEqual(withBody.map(({ name }) => name).toSorted())
  })

  let started: string | undefined
  test.each(TRIED)('%s answers %i', async (name, status) => {
    const [method = '', path = ''] = name.split(' ')
    // An example cannot know the ids that this database has made.
    const example = { ...exampleOf(name), ...(path.endsWith('/disbursements') ? { invoiceId: ids.invoice } : {}) }
    const billRunId = (path.endsWith('/cancel') ? started : ids.finishedRun) ?? NOBODY
    const at = fill(path, {
      creditId: ids.issued ?? NOBODY,
      billRunId,
      jobId: ids.failedJob ?? NOBODY,
      name: 'nightly',
    })
    const answer = await service.call<{ billRunId?: string }>(method, at, { body: example })
    if (path === '/v1/bill-runs') started = answer.body.billRunId
    expect(answer.status, answer.text).toBe(status)
    if (path === '/v1/credits/batch') expect(answer.body).toMatchObject({ rejected: [] })
    if (path === '/v1/bill-runs/preview') expect(answer.body).toMatchObject({ invoices: [{ totalCharge: '140.00' }] })
  })
})

test('/docs shows the document with nothing from elsewhere', async () => {
  const page = await service.call('GET', '/docs', { key: null })
  expect(page.status).toBe(200)
  expect(page.headers['content-type']).toContain('text/html')
  const linked = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string)
  expect(linked.length).toBeGreaterThan(3)
  for (const link of linked) {
    expect(link, 'a link to elsewhere').toMatch(/^\/docs\//)
    const part = await service.call('GET', link, { key: null })
    expect([link, part.status]).toEqual([link, 200])
    if (link.endsWith('.css')) expect(part.text).not.toMatch(/@import|url\(["']?https?:/)
  }
  const shown = await service.call<Document>('GET', '/docs/json', { key: null })
  expect(shown.body.paths).toEqual(document.paths)
})
