import Value from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { formatAmount, MINOR_UNITS, Money, minorUnit, parseAmount } from '../../src/money.ts'
import { CreditRequest } from '../../src/requests/credit-request.ts'

/** What an amount reads as, or undefined when it is refused. */
function read(text: string, currency = 'USD'): string | undefined {
  const amount = parseAmount(text, currency)
  return typeof amount === 'string' ? undefined : amount.toFixed()
}

describe('an amount is read exactly', () => {
  test.each([
    ['0.01', 'USD', '0.01'],
    ['0.1', 'USD', '0.1'],
    ['50', 'USD', '50'],
    ['50.00', 'USD', '50'],
    ['12.5', 'USD', '12.5'],
    ['1', 'JPY', '1'],
    ['0.001', 'KWD', '0.001'],
    ['0.0001', 'CLF', '0.0001'],
    ['0.0001', 'UYW', '0.0001'],
    // Each of these a float cannot hold.
    ['9007199254740993', 'USD', undefined],
    ['900719925474099.3', 'USD', '900719925474099.3'],
    ['999999999999999.99', 'USD', '999999999999999.99'],
    ['999999999999999', 'JPY', '999999999999999'],
    ['999999999999999.999', 'KWD', '999999999999999.999'],
    ['999999999999999.9999', 'CLF', '999999999999999.9999'],
    ['1.005', 'KWD', '1.005'],
  ])('%s %s', (text, currency, expected) => {
    expect(read(text, currency)).toBe(expected)
  })
})

describe('what is not an amount is refused, never rounded', () => {
  test.each([
    ['1e3'],
    ['1E3'],
    [' 5'],
    ['5 '],
    ['5\n'],
    ['\u0665'],
    ['٣'],
    ['５'],
    ['05'],
    ['00.5'],
    [''],
    ['-5'],
    ['-0.01'],
    ['+5'],
    ['0'],
    ['0.00'],
    ['0.0'],
    ['NaN'],
    ['Infinity'],
    ['-Infinity'],
    ['0x10'],
    ['0b1'],
    ['1_000'],
    ['1,000'],
    ['1,5'],
    ['.5'],
    ['5.'],
    ['.'],
    ['1.2.3'],
    ['$5'],
    ['5 USD'],
    ['null'],
    ['1.001'],
    ['0.001'],
    ['1.000'],
    ['1.00001'],
    ['1000000000000000'],
    ['9'.repeat(16)],
    [`${'9'.repeat(400)}.99`],
  ])('%j', (text) => {
    expect(read(text)).toBeUndefined()
  })

  test.each([
    ['1.0', 'JPY'],
    ['1.5', 'JPY'],
    ['0', 'JPY'],
    ['1.0001', 'KWD'],
    ['0.000', 'KWD'],
    ['1.00001', 'CLF'],
    ['0.0000', 'CLF'],
  ])('%s %s: more decimals than the currency has, or nothing', (text, currency) => {
    expect(read(text, currency)).toBeUndefined()
  })

  test.each([[5], [0.1], [true], [null], [undefined], [{}], [['5']], ['1e3'], ['05'], [' 5'], ['-5'], ['٣'], ['5\n']])(
    '%j, at the door: nothing is coerced',
    (amount) => {
      const request = { accountId: 'acme', amount, reason: 'a credit' }
      expect(Value.Check(CreditRequest, request)).toBe(false)
      expect(Value.Check(CreditRequest, { ...request, amount: '5' })).toBe(true)
    },
  )

  test.each([['XXX'], ['usd'], ['US'], [''], ['USDD'], ['XAU'], ['DEM'], ['constructor'], ['__proto__']])(
    'the currency %j',
    (currency) => {
      expect(minorUnit(currency)).toBeUndefined()
      expect(read('5', currency)).toBeUndefined()
    },
  )

  test('says why, in words', () => {
    expect(parseAmount('1.005', 'USD')).toBe('must have at most the 2 decimals of USD, and has 3')
    expect(parseAmount('0.00', 'USD')).toBe('must be greater than zero')
    expect(parseAmount('5', 'DEM')).toBe('must be in an ISO 4217 currency, which DEM is not')
    expect(parseAmount('-5', 'USD')).toMatch(/decimal string/)
  })
})

test.each([
  ['USD', 2],
  ['EUR', 2],
  ['JPY', 0],
  ['KRW', 0],
  ['ISK', 0],
  ['KWD', 3],
  ['BHD', 3],
  ['TND', 3],
  // Listed with two and with three, though often written with none.
  ['HUF', 2],
  ['IDR', 2],
  ['COP', 2],
  ['UGX', 0],
  ['IQD', 3],
  ['CLF', 4],
  ['UYW', 4],
])('%s has %i decimals', (currency, decimals) => {
  expect(minorUnit(currency)).toBe(decimals)
})

describe('currencies are those of ISO 4217 as of 2026-01-01', () => {
  test('there are 164, by their decimals', () => {
    const count = (decimals: number) => [...MINOR_UNITS.values()].filter((of) => of === decimals).length
    expect([0, 2, 3, 4].map(count)).toEqual([17, 138, 7, 2])
    expect(MINOR_UNITS.size).toBe(164)
  })

  test.each(['XCG', 'ZWG', 'SLE', 'VED', 'MRU', 'STN'])('%s, which replaced another, is one', (currency) => {
    expect(minorUnit(currency)).toBe(2)
  })

  test.each(['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'ZWL', 'MRO', 'STD'])(
    '%s, which was withdrawn, is none',
    (currency) => {
      expect(minorUnit(currency)).toBeUndefined()
    },
  )

  test.each(['XAD', 'XAG', 'XAU', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA'])(
    '%s, which nobody pays in, is none',
    (unit) => {
      expect(minorUnit(unit)).toBeUndefined()
    },
  )
})

describe('arithmetic is exact', () => {
  test('0.1 + 0.2 is 0.3', () => {
    expect(new Money('0.1').plus('0.2').toFixed()).toBe('0.3')
    expect(new Money('0.3').minus('0.1').minus('0.2').isZero()).toBe(true)
  })

  test('a thousand times 0.01 is 10, and 0.001 is 1', () => {
    const add = (step: string) => Array.from({ length: 1_000 }).reduce<Money>((sum) => sum.plus(step), new Money(0))
    expect(add('0.01').toFixed()).toBe('10')
    expect(add('0.001').toFixed()).toBe('1')
  })

  test('a billion of the largest amounts keep their last digit', () => {
    const sum = new Money('999999999999999.9999').times(1_000_000_000)
    expect(sum.toFixed()).toBe('999999999999999999900000')
    expect(sum.plus('0.0001').minus(sum).toFixed()).toBe('0.0001')
  })

  test('the largest and the smallest amount meet', () => {
    expect(new Money('999999999999999').minus('0.0001').toFixed()).toBe('999999999999998.9999')
  })
})

describe('an amount is written in the scale of its currency', () => {
  test.each([
    ['50', 'USD', '50.00'],
    ['12.5', 'USD', '12.50'],
    ['0', 'USD', '0.00'],
    ['50', 'JPY', '50'],
    ['50', 'KWD', '50.000'],
    ['0.0001', 'CLF', '0.0001'],
    ['999999999999999.99', 'USD', '999999999999999.99'],
    ['999999999999999999999999.99', 'USD', '999999999999999999999999.99'],
    ['0.30', 'USD', '0.30'],
  ])('%s %s', (amount, currency, expected) => {
    expect(formatAmount(amount, currency)).toBe(expected)
    expect(formatAmount(new Money(amount), currency)).toBe(expected)
  })

  test.each([
    ['0.001', 'USD'],
    ['0.5', 'JPY'],
    ['0.0001', 'KWD'],
  ])('%s %s would have to be rounded: it throws', (amount, currency) => {
    expect(() => formatAmount(amount, currency)).toThrow(RangeError)
  })
})
