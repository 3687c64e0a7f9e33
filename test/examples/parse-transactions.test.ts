import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { figuresOfFile, netByAccount, publishedFigures } from '../../examples/online-retail/figures.ts'
import { parseTransactions } from '../../examples/online-retail/parse-transactions.ts'

const sample = readFileSync(new URL('../../examples/online-retail/transactions.csv', import.meta.url), 'utf8')

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

function parseLines(...lines: readonly string[]) {
  return parseTransactions([header, ...lines].join('\n'))
}

describe('the sample', () => {
  const lines = parseTransactions(sample)

  test('gives the figures that its README publishes', () => {
    expect(figuresOfFile(lines)).toEqual(publishedFigures)
    expect(publishedFigures).toEqual({
      accounts: 323,
      charges: 7_607,
      credits: 100,
      accountsWithCredits: 40,
      credited: '3580.58',
      net: '144617.75',
    })
  })

  test('covers four days, and no reference comes twice', () => {
    const days = [...new Set(lines.map(({ date }) => date))]
    expect(days).toEqual(['2010-12-01', '2010-12-02', '2010-12-03', '2010-12-05'])
    expect(new Set(lines.map(({ reference }) => reference)).size).toBe(lines.length)
  })

  test('holds customers who cancelled more than they bought', () => {
    expect([...netByAccount(lines).values()].some((net) => net.isNegative())).toBe(true)
  })
})

describe('a line', () => {
  test('of a sale is a charge of quantity times price', () => {
    expect(parseLines('536365,85123A, WHITE HEART ,6,1/12/2010,2.55,17850,United Kingdom')).toEqual([
      {
        kind: 'charge',
        accountId: '17850',
        amount: '15.30',
        date: '2010-12-01',
        description: 'WHITE HEART',
        reference: '536365-1',
      },
    ])
  })

  test('of a cancellation is a credit', () => {
    const [line] = parseLines('C536379,D,Discount,-3,12/1/2010,27.5,14527,United Kingdom')
    expect(line).toMatchObject({ kind: 'credit', amount: '82.50', date: '2010-01-12', reference: 'C536379-1' })
  })

  test('without a customer or a price is left out, and still counts as a line of its invoice', () => {
    const lines = parseLines(
      '1,A,no customer,2,1/12/2010,1.00,,France',
      '1,B,no price,2,1/12/2010,0,12345,France',
      '1,C,,3,1/12/2010,0.10,12345,France',
    )
    expect(lines).toMatchObject([{ reference: '1-3', amount: '0.30', description: 'C' }])
  })

  test.each([
    ['3', '0.1', '0.30'],
    ['2', '0.005', '0.01'],
    ['8', '0.125', '1.00'],
    ['333333333', '9999.99', '3333329996666.67'],
  ])('of %s at %s is exactly %s', (quantity, price, amount) => {
    expect(parseLines(`1,A,x,${quantity},1/12/2010,${price},12345,France`)[0]?.amount).toBe(amount)
  })

  test.each([
    [
      'a fraction of a penny',
      '1,A,x,1,1/12/2010,0.005,12345,France',
      'Line 1-1: 1 x 0.005 is no amount in whole pence',
    ],
    ['a negative price', '1,A,x,1,1/12/2010,-2.00,12345,France', 'no amount in whole pence'],
    ['no number', '1,A,x,1e3,1/12/2010,2.00,12345,France', 'Line 1-1: "1e3" is not a number'],
    ['no date', '1,A,x,1,30/2/2010,2.00,12345,France', 'Line 1-1: "30/2/2010" is not a date'],
  ])('with %s is refused', (_case, line, message) => {
    expect(() => parseLines(line)).toThrow(message)
  })
})
