import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BadCall, INVALID, openRefusingService, type RefusingService } from '../support/refusing-service.ts'

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

const account = (fields: object) => ({ accountId: 'new', name: 'New', currency: 'USD', ...fields })
const credit = (fields: object) => ({ accountId: 'usd', amount: '5', reason: 'x', ...fields })
const charge = (fields: object) => ({ charges: [{ accountId: 'usd', amount: '5', description: 'x', ...fields }] })
const DISBURSE = 'POST /v1/credits/{issued}/disbursements'

/** Calls about accounts, charges and credits. */
const BAD_CALLS: readonly BadCall[] = [
  // Accounts and currencies
  {
    what: 'an unknown currency',
    call: 'POST /v1/accounts',
    body: account({ currency: 'XXX' }),
    status: 422,
    code: 'unknown_currency',
  },
  {
    what: 'a currency in lower case',
    call: 'POST /v1/accounts',
    body: account({ currency: 'usd' }),
    ...INVALID,
    at: '/currency',
  },
  {
    what: 'an account id with a slash',
    call: 'POST /v1/accounts',
    body: account({ accountId: 'a/b' }),
    ...INVALID,
    at: '/accountId',
  },
  {
    what: 'an account id too long',
    call: 'POST /v1/accounts',
    body: account({ accountId: 'x'.repeat(65) }),
    ...INVALID,
  },
  {
    what: 'a name of white space',
    call: 'POST /v1/accounts',
    body: account({ name: ' \t ' }),
    ...INVALID,
    at: '/name',
  },
  {
    what: 'an account that differs',
    call: 'POST /v1/accounts',
    body: account({ accountId: 'usd' }),
    status: 409,
    code: 'account_exists',
  },
  {
    what: 'another currency than the account has',
    call: 'POST /v1/credits',
    body: credit({ currency: 'EUR' }),
    status: 422,
    code: 'currency_mismatch',
  },
  {
    what: 'a currency that is none',
    call: 'POST /v1/credits',
    body: credit({ currency: 'XXX' }),
    status: 422,
    code: 'currency_mismatch',
  },
  {
    what: 'a credit for an unknown account',
    call: 'POST /v1/credits',
    body: credit({ accountId: 'nobody' }),
    status: 404,
    code: 'account_not_found',
  },
  {
    what: 'a charge to an unknown account',
    call: 'POST /v1/charges',
    body: charge({ accountId: 'nobody' }),
    status: 404,
    code: 'account_not_found',
    at: '/charges/0/accountId',
  },
  {
    what: 'a reference with other content',
    call: 'POST /v1/credits',
    body: credit({ reference: 'ticket-1' }),
    status: 409,
    code: 'reference_reused',
  },
  {
    what: "a charge's reference with other content",
    call: 'POST /v1/charges',
    body: charge({ reference: 'line-1' }),
    status: 409,
    code: 'reference_reused',
    at: '/charges/0/reference',
  },
  {
    what: 'one reference for two charges',
    call: 'POST /v1/charges',
    body: {
      charges: [...charge({ reference: 'twice' }).charges, ...charge({ reference: 'twice', amount: '6' }).charges],
    },
    status: 409,
    code: 'reference_reused',
  },

  // What is not there
  { what: 'an unknown account', call: 'GET /v1/accounts/nobody', status: 404, code: 'account_not_found' },
  { what: 'an unknown credit', call: 'GET /v1/credits/{nobody}', status: 404, code: 'credit_not_found' },
  {
    what: 'a credit that is not recorded yet',
    call: 'GET /v1/credits/{queued}',
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'invoices of an unknown credit',
    call: 'GET /v1/credits/{nobody}/unpaid-invoices',
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'disbursements of an unknown credit',
    call: 'GET /v1/credits/{nobody}/disbursements',
    status: 404,
    code: 'credit_not_found',
  },
  { what: 'an unknown credit', call: 'DELETE /v1/credits/{nobody}', status: 404, code: 'credit_not_found' },
  {
    what: 'a credit that is not recorded yet',
    call: 'DELETE /v1/credits/{queued}',
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'an unknown credit',
    call: 'POST /v1/credits/{nobody}/disbursements',
    body: { invoiceId: '{invoice}', amount: '1' },
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'an unknown invoice',
    call: DISBURSE,
    body: { invoiceId: '{nobody}', amount: '1' },
    status: 404,
    code: 'invoice_not_found',
  },
  {
    what: 'an unknown credit',
    call: 'POST /v1/credits/{nobody}/reversal',
    body: {},
    status: 404,
    code: 'credit_not_found',
  },
  { what: 'an unknown credit', call: 'DELETE /v1/credits/{nobody}/reversal', status: 404, code: 'credit_not_found' },
  { what: 'an unknown job', call: 'GET /v1/jobs/{nobody}', status: 404, code: 'job_not_found' },
  { what: 'an unknown invoice', call: 'GET /v1/invoices/{nobody}', status: 404, code: 'invoice_not_found' },

  // A credit's life
  { what: 'an issued credit', call: 'DELETE /v1/credits/{issued}', status: 409, code: 'credit_already_issued' },
  {
    what: 'a credit about to be reversed',
    call: 'DELETE /v1/credits/{reversalPending}',
    status: 409,
    code: 'credit_already_issued',
  },
  { what: 'a reversed credit', call: 'DELETE /v1/credits/{reversed}', status: 409, code: 'credit_already_issued' },
  ...(
    [
      ['pending', 'credit_not_issued'],
      ['deleted', 'credit_not_issued'],
      ['reversalPending', 'credit_reversal_pending'],
    ] as const
  ).map(([state, code]) => ({
    what: `of a credit that is ${state}`,
    call: `POST /v1/credits/{${state}}/disbursements`,
    body: { invoiceId: '{invoice}', amount: '1' },
    status: 409,
    code,
  })),
  {
    what: 'more than is left',
    call: DISBURSE,
    body: { invoiceId: '{invoice}', amount: '50.01' },
    status: 409,
    code: 'amount_exceeds_credit_left',
  },
  {
    what: "to another account's invoice",
    call: DISBURSE,
    body: { invoiceId: '{otherInvoice}', amount: '1' },
    status: 409,
    code: 'invoice_of_other_account',
  },
  {
    what: 'to an invoice in another currency',
    call: DISBURSE,
    body: { invoiceId: '{yenInvoice}', amount: '1' },
    status: 409,
    code: 'invoice_of_other_account',
  },
  {
    what: 'a pending credit',
    call: 'POST /v1/credits/{pending}/reversal',
    body: {},
    status: 409,
    code: 'credit_not_issued',
  },
  {
    what: 'a deleted credit',
    call: 'POST /v1/credits/{deleted}/reversal',
    body: {},
    status: 409,
    code: 'credit_not_issued',
  },
  {
    what: 'a reversed credit',
    call: 'POST /v1/credits/{reversed}/reversal',
    body: {},
    status: 409,
    code: 'credit_already_reversed',
  },
  ...['pending', 'deleted', 'issued', 'reversed'].map((state) => ({
    what: `of a credit that is ${state}`,
    call: `DELETE /v1/credits/{${state}}/reversal`,
    status: 409,
    code: 'no_reversal_pending',
  })),

  // Batches
  { what: 'no charge', call: 'POST /v1/charges', body: { charges: [] }, ...INVALID, at: '/charges' },
  {
    what: 'over 1,000 charges',
    call: 'POST /v1/charges',
    body: { charges: Array(1_001).fill(charge({}).charges[0]) },
    ...INVALID,
    at: '/charges',
  },
  { what: 'no credit', call: 'POST /v1/credits/batch', body: { credits: [] }, ...INVALID, at: '/credits' },
  {
    what: 'over 1,000 credits',
    call: 'POST /v1/credits/batch',
    body: { credits: Array(1_001).fill(credit({})) },
    ...INVALID,
    at: '/credits',
  },
  {
    what: 'a credit that is no object',
    call: 'POST /v1/credits/batch',
    body: { credits: ['usd'] },
    ...INVALID,
    at: '/credits/0',
  },
]
test.each(BAD_CALLS)('$call, $what: $status $code', (bad) => service.refuse(bad))

test('the balance of an invoice is the most that goes to it: 409', async () => {
  // The second invoice of the account owes 0 or 10, less than the credit has left.
  const { body } = await service.call<{ data: { invoiceId: string; balance: string }[] }>(
    'GET',
    '/v1/invoices?accountId=usd&limit=1',
  )
  const [latest] = body.data
  expect(Number(latest?.balance)).toBeLessThan(49)
  await service.refuse({
    what: 'more than it owes',
    call: DISBURSE,
    body: { invoiceId: latest?.invoiceId, amount: '49' },
    status: 409,
    code: 'amount_exceeds_invoice_balance',
  })
})
