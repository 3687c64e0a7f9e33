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
    ['08006', 'system'],
    ['25006', 'system'],
    ['28P01', 'system'],
    ['40001', 'system'],
    ['40P01', 'system'],
    ['42501', 'system'],
    ['42P01', 'system'],
    ['42703', 'system'],
    ['53100', 'system'],
    ['53300', 'system'],
    ['53400', 'system'],
    ['57P01', 'system'],
    ['58030', 'system'],
    ['ZZ999', 'system'],
    ['EMFILE', 'system'],
    ['EPIPE', 'system'],
    ['ECONNREFUSED', 'system'],
    ['CERT_HAS_EXPIRED', 'system'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'system'],
    ['ERR_INVALID_ARG_TYPE', 'unclear'],
    ['EROFS', 'system'],
    ['25P03', 'unclear'],
    ['53200', 'unclear'],
    ['54000', 'unclear'],
    ['55P03', 'unclear'],
    ['57014', 'unclear'],
    ['P0001', 'unclear'],
    ['XX000', 'unclear'],
  ] as const)('%s: %s', (code, fault) => expect(faultOf(withCode(code))).toBe(fault))

  test('a refusal is of the request; an error of our own code may be of anything; a lost connection is of the system', () => {
    expect(faultOf(new Refusal('invalid_amount', 'x'))).toBe('data')
    expect(faultOf(new TypeError('x is undefined'))).toBe('unclear')
    expect(faultOf(new RangeError('Invalid string length'))).toBe('unclear')
    expect(faultOf(new Error('Connection terminated unexpectedly'))).toBe('system')
    expect(faultOf(new OutcomeUnknown(undefined))).toBe('system')
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
