import { describe, expect, test } from 'vitest'
import { faultOf, isDatabaseAway, isDatabaseBusy, isTransient, OutcomeUnknown } from '../../src/db/classify-error.ts'
import { Refusal } from '../../src/problems.ts'

const withCode = (code: string) => Object.assign(new Error('as it was said'), { code })

describe('what is at fault', () => {
  test.each([
    ['22003', 'data'],
    ['22P02', 'data'],
    ['23505', 'data'],
    ['23514', 'data'],
    ['08006', 'house'],
    ['25006', 'house'],
    ['28P01', 'house'],
    ['40001', 'house'],
    ['40P01', 'house'],
    ['42501', 'house'],
    ['42P01', 'house'],
    ['42703', 'house'],
    ['53100', 'house'],
    ['53300', 'house'],
    ['53400', 'house'],
    ['57P01', 'house'],
    ['58030', 'house'],
    ['ZZ999', 'house'],
    ['EMFILE', 'house'],
    ['EPIPE', 'house'],
    ['ECONNREFUSED', 'house'],
    ['CERT_HAS_EXPIRED', 'house'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'house'],
    ['ERR_INVALID_ARG_TYPE', 'unclear'],
    ['EROFS', 'house'],
    ['25P03', 'unclear'],
    ['53200', 'unclear'],
    ['54000', 'unclear'],
    ['55P03', 'unclear'],
    ['57014', 'unclear'],
    ['P0001', 'unclear'],
    ['XX000', 'unclear'],
  ] as const)('%s: %s', (code, fault) => expect(faultOf(withCode(code))).toBe(fault))

  test('a refusal is of the request; an error of our own code may be of anything; a lost connection is of the house', () => {
    expect(faultOf(new Refusal('invalid_amount', 'x'))).toBe('data')
    expect(faultOf(new TypeError('x is undefined'))).toBe('unclear')
    expect(faultOf(new RangeError('Invalid string length'))).toBe('unclear')
    expect(faultOf(new Error('Connection terminated unexpectedly'))).toBe('house')
    expect(faultOf(new OutcomeUnknown(undefined))).toBe('house')
  })
})

test.each([
  ['08006', true],
  ['ECONNRESET', true],
  ['EPIPE', true],
  ['ECONNABORTED', true],
  ['EAI_AGAIN', true],
  ['40001', true],
  ['40P01', true],
  ['55P03', true],
  ['57P01', true],
  ['57014', false],
  ['42501', false],
  ['53100', false],
  ['22003', false],
  ['EMFILE', false],
] as const)('%s may be tried again at once: %s', (code, expected) => expect(isTransient(withCode(code))).toBe(expected))

test.each([
  ['57P03', 'away'],
  ['53100', 'away'],
  ['53300', 'away'],
  ['28P01', 'away'],
  ['EMFILE', 'away'],
  ['CERT_HAS_EXPIRED', 'away'],
  ['55P03', 'busy'],
  ['57014', 'busy'],
  ['40P01', 'busy'],
  ['42501', 'neither'],
  ['42P01', 'neither'],
  ['ZZ999', 'neither'],
] as const)('to a caller of the API the database is, with %s: %s', (code, expected) => {
  const error = withCode(code)
  expect(isDatabaseAway(error) ? 'away' : isDatabaseBusy(error) ? 'busy' : 'neither').toBe(expected)
})
