import { expect, test } from 'vitest'
import { renderTable, type TableColumn } from '../../src/terminal/render-table.ts'
import { cutText, textWidth } from '../../src/terminal/text-width.ts'

type Row = { readonly name: string; readonly amount: string; readonly reason: string }

const COLUMNS: readonly TableColumn<Row>[] = [
  { title: 'Name', value: ({ name }) => name, cut: true },
  { title: 'Amount', value: ({ amount }) => amount, align: 'right' },
  { title: 'Reason', value: ({ reason }) => reason, cut: true, colour: () => 'green' },
]
const ROWS: readonly Row[] = [
  { name: 'Acme Ltd', amount: '1,234.50 USD', reason: 'Goodwill' },
  { name: '株式会社', amount: '5 JPY', reason: 'Outage of the eighteenth, which took a while' },
]

test('columns stand under each other without borders, amounts end together, and no line ends with blanks', () => {
  expect(renderTable(COLUMNS, ROWS)).toBe(
    [
      'Name            Amount  Reason',
      'Acme Ltd  1,234.50 USD  Goodwill',
      '株式会社         5 JPY  Outage of the eighteenth, which took a while',
    ].join('\n'),
  )
})

test('a table is cut to the width of the terminal where it may be, the widest column first, and never in an amount', () => {
  const lines = renderTable(COLUMNS, ROWS, { width: 40 }).split('\n')
  expect(lines.map(textWidth)).toEqual([30, 32, 40])
  expect(lines[2]).toBe('株式会社         5 JPY  Outage of the e…')
  expect(renderTable(COLUMNS, ROWS, { width: 10 })).toContain('1,234.50 USD')
})

test('colours are around the text, not around the blanks, and only where they are wanted', () => {
  const [, line] = renderTable(COLUMNS, ROWS, { colours: true }).split('\n')
  expect(line).toBe('Acme Ltd  1,234.50 USD  \u001b[32mGoodwill\u001b[39m')
})

test('what would control the terminal is a blank', () => {
  const text = renderTable(COLUMNS, [{ name: 'a\u001b[31m', amount: '1\n2', reason: '\u0007' }], { header: false })
  expect(text).toBe('a [31m  1 2')
})

test.each([
  ['abc', 3],
  ['Größe', 5],
  ['e\u0301', 1],
  ['株式', 4],
  ['👩‍👧', 2],
])('%s takes %i cells', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 4, 'abc…'],
  ['株式会社', 6, '株式…'],
  ['株式会社', 5, '株式…'],
])('%s in %i cells is %s', (text, width, cut) => {
  expect(cutText(text, width)).toBe(cut)
})
