import { expect, test } from 'vitest'
import { type OutputOptions, openOutput } from '../../src/cli/output.ts'
import { type Column, forPeople, forPrograms, id, money, status, text } from '../../src/terminal/column.ts'

type Row = { readonly creditId: string; readonly amount: string; readonly status: string; readonly reason: string }

const COLUMNS: readonly Column<Row>[] = [
  id('creditId', 'Credit', ({ creditId }) => creditId),
  money('amount', 'Amount', ({ amount }) => [amount, 'USD']),
  status('status', 'Status', (row) => row.status),
  forPeople('For people', { value: () => 'yes' }),
  text('reason', 'Reason', ({ reason }) => reason),
  forPrograms('currency', () => 'USD'),
]
const ROW: Row = {
  creditId: '0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f',
  amount: '1234.50',
  status: 'reversal_pending',
  reason: '=cmd()\tand\nmore',
}
const PAGE = { data: [ROW], nextCursor: null }

async function printed(options: OutputOptions, isTTY: boolean, page = PAGE) {
  let written = ''
  const output = await openOutput(options, { write: (part) => (written += part), isTTY, columns: 80 })
  output.showRows(page, COLUMNS, 'No credits.')
  return written
}

test('people get columns: the end of the id, amounts as they are written, a sign at the status', async () => {
  expect(await printed({}, true)).toBe(
    'Credit              Amount  Status              For people  Reason\n' +
      '1a2b3c4d5e6f  1,234.50 USD  ◐ reversal pending  yes         =cmd() and more\n',
  )
})

test('a pipe gets the whole values between tabs, under the names of the API; --no-header leaves those out', async () => {
  const line = `${ROW.creditId}\t1234.50\treversal_pending\t=cmd() and more\tUSD\n`
  expect(await printed({}, false)).toBe(`creditId\tamount\tstatus\treason\tcurrency\n${line}`)
  expect(await printed({ header: false }, false)).toBe(line)
})

test('--csv is CSV on a terminal too, and nothing in it is a formula', async () => {
  expect(await printed({ csv: true }, true)).toBe(
    `creditId,amount,status,reason,currency\n${ROW.creditId},1234.50,reversal_pending,"'=cmd() and more",USD\n`.replace(
      '=cmd() and more',
      '=cmd()\tand\nmore',
    ),
  )
})

test('--json is the answer; with fields it has those alone, and a field that there is not is named', async () => {
  expect(JSON.parse(await printed({ json: true }, true))).toEqual(PAGE)
  expect(JSON.parse(await printed({ jsonFields: ['amount'] }, false))).toEqual({
    data: [{ amount: '1234.50' }],
    nextCursor: null,
  })
  await expect(printed({ jsonFields: ['amuont'] }, false)).rejects.toThrow(
    'there is no field amuont; there are creditId, amount, status, reason',
  )
})

test('without rows people read so, and programs get the headings', async () => {
  const empty = { data: [], nextCursor: null }
  expect(await printed({}, true, empty)).toBe('No credits.\n')
  expect(await printed({}, false, empty)).toBe('creditId\tamount\tstatus\treason\tcurrency\n')
  expect(JSON.parse(await printed({ json: true }, true, empty))).toEqual(empty)
})

test('rows that come a page at a time have one heading, and are one line of JSON each', async () => {
  for (const [options, lines] of [
    [{}, 3],
    [{ json: true }, 2],
    [{ csv: true, header: false }, 4],
  ] as const) {
    let written = ''
    const output = await openOutput(options, { write: (part) => (written += part) })
    const writer = output.rows(COLUMNS, 'No credits.')
    writer.add([ROW])
    writer.add([ROW])
    writer.end()
    expect(written.trimEnd().split('\n')).toHaveLength(lines)
  }
})
