import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { NewAccount } from '../../src/api/routes/accounts.ts'
import { NewCharge } from '../../src/api/routes/charges.ts'
import { amountProblem, openCheck } from '../../src/cli/import/check-row.ts'
import { mapColumns } from '../../src/cli/import/columns.ts'
import { KINDS } from '../../src/cli/import/kinds.ts'
import { readHeading, readRows } from '../../src/cli/import/read-rows.ts'
import { openSource } from '../../src/cli/import/source.ts'
import { CreditRequest } from '../../src/requests/credit-request.ts'

const folder = mkdtempSync(join(tmpdir(), 'nightbill-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const BY_LINE = { map: [], reference: '{file}:{line}' }

function file(name: string, content: string) {
  const path = join(folder, name)
  writeFileSync(path, content)
  return openSource(path, undefined)
}

async function rowsOf(name: string, content: string) {
  const rows: (readonly [line: number, fields: unknown, unreadable?: string])[] = []
  for await (const { line, fields, unreadable } of readRows(await file(name, content))) {
    rows.push(unreadable === undefined ? [line, fields] : [line, fields, unreadable])
  }
  return rows
}

test.each([
  ['accounts', NewAccount],
  ['charges', NewCharge],
  ['credits', CreditRequest],
] as const)('the fields of %s are those of the API', (kind, schema) => {
  const { properties, required } = schema as unknown as { properties: object; required: readonly string[] }
  expect(Object.keys(KINDS[kind]).toSorted()).toEqual(Object.keys(properties).toSorted())
  for (const field of required) expect(KINDS[kind][field]?.required).toBe(true)
})

test('a CSV is read by its heading: line numbers are those of the file, whatever is quoted, empty or ends with CRLF', async () => {
  expect(await rowsOf('a.csv', '\ufeffa,b\r\n\r\n1,"x\ny"\r\n2,"say ""no"""\n\n3\n4,z "q"')).toEqual([
    [3, { a: '1', b: 'x\ny' }],
    [5, { a: '2', b: 'say "no"' }],
    [7, { a: '3', b: undefined }, 'has 1 fields, and the first line 2'],
    [8, { a: '4', b: 'z "q"' }],
  ])
})

test('semicolons and tabs are seen from the heading', async () => {
  expect(await rowsOf('b.csv', 'a;b\n1,5;2\n')).toEqual([[2, { a: '1,5', b: '2' }]])
  expect(await rowsOf('c.csv', 'a\tb\n1\t2\n')).toEqual([[2, { a: '1', b: '2' }]])
})

test('NDJSON is an object a line', async () => {
  expect(await rowsOf('d.ndjson', '{"a":"1"}\n\n[1]\n{"a":')).toEqual([
    [1, { a: '1' }],
    [3, {}, 'is no JSON object'],
    [4, {}, 'is no JSON object'],
  ])
})

test('a quote that is not closed does not take in the rest of the file', async () => {
  await expect(rowsOf('e.csv', `a,b\n1,"x\n${'2,y\n'.repeat(50_000)}`)).rejects.toThrow('no CSV that can be read')
})

test.each([
  ['accountId,amount,reason\n', [], undefined, 'without references a repeat would record everything twice'],
  ['accountId,amount\n', [], '{line}', 'the file has no column reason; it has accountId, amount'],
  ['accountId,Betrag,reason\n', ['amount=Betrag'], '{line}', undefined],
  ['accountId,amount,reason\n', ['amount=Betrag'], '{line}', 'the file has no column Betrag'],
  ['accountId,amount,reason\n', ['amout=Betrag'], '{line}', '--map is field=column'],
  ['accountId,amount,reason\n', [], 'november', '--reference must have {line} in it'],
] as const)('of the columns %j with --map %j and --reference %s: %s', async (heading, map, reference, refusal) => {
  const source = await file('f.csv', heading)
  const columns = await readHeading(source)
  const decide = () => mapColumns(KINDS.credits, columns, source, { map, reference })
  if (refusal === undefined) expect(decide().nameOf('amount')).toBe('Betrag')
  else expect(decide).toThrow(refusal)
})

test('each row has a reference of its own, and columns without a use are named', async () => {
  const source = await file('g.csv', 'accountId,amount,reason,colour\nacme,1,x,red\n')
  const mapping = mapColumns(KINDS.credits, await readHeading(source), source, BY_LINE)
  expect(mapping.unused).toEqual(['colour'])
  expect(mapping.reference({ line: 7, given: [], fields: {} })).toBe('g.csv:7')
})

test.each([
  [{ accountId: 'acme', amount: '50', reason: 'x' }, undefined],
  [{ accountId: 'acme', amount: '50', reason: '' }, 'reason is empty'],
  [{ accountId: 'a b', amount: '50', reason: 'x' }, 'accountId "a b": must be the caller'],
  [{ accountId: 'acme', amount: '1,50', reason: 'x' }, 'amount "1,50": must be a decimal string'],
  [{ accountId: 'acme', amount: 50, reason: 'x' }, 'amount 50: must be a text in quotes'],
  [{ accountId: 'acme', amount: '5', reason: 'x', automaticDisbursement: 'maybe' }, 'automaticDisbursement "maybe"'],
])('%j: %s', async (fields, wrong) => {
  const source = await file('h.csv', 'accountId,amount,reason\n')
  const mapping = mapColumns(KINDS.credits, await readHeading(source), source, BY_LINE)
  const checked = openCheck(KINDS.credits, mapping)({ line: 2, given: [], fields })
  const said = 'problem' in checked ? `${checked.problem.field} ${checked.problem.message}` : undefined
  if (wrong === undefined) expect(checked).toMatchObject({ item: { body: { ...fields, reference: 'h.csv:2' } } })
  else expect(said).toContain(wrong)
})

test.each([
  ['50.00', 'USD', undefined],
  ['50.005', 'USD', '"50.005": USD has 2 decimals, write 50.00 or 50.01'],
  ['0.005', 'USD', '"0.005": USD has 2 decimals, write 0.01'],
  ['1.5', 'JPY', '"1.5": JPY has no decimals, write 1 or 2'],
  ['0', 'USD', '"0": must be greater than zero'],
])('%s %s: %s', (amount, currency, wrong) => {
  expect(amountProblem(amount, currency)).toBe(wrong)
})
