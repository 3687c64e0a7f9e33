import type { Scope } from './service.ts'

export type KnownCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With the names of its parameters in braces, as in the OpenAPI document. */
  readonly path: string
  /** `any`: every key will do. */
  readonly scope: Scope | 'any'
  /** The same address of something that there is. */
  readonly at: string
  /** A body that is valid, when it takes one. */
  readonly body?: Readonly<Record<string, unknown>>
  /** The body may be left out. */
  readonly optional?: boolean
}

const calls = (
  scope: KnownCall['scope'],
  ...list: readonly (readonly [
    method: KnownCall['method'],
    path: string,
    at?: string | undefined,
    body?: Readonly<Record<string, unknown>>,
    optional?: boolean,
  ])[]
): readonly KnownCall[] =>
  list.map(([method, path, at = path, body, optional = false]) => ({
    method,
    path,
    scope,
    at,
    optional,
    ...(body ? { body } : {}),
  }))

/** Every call that a key is needed for, as the interface promises it (a test compares this with what the service says of itself). */
export const EVERY_CALL: readonly KnownCall[] = [
  ...calls(
    'enqueue',
    [
      'POST',
      '/v1/accounts',
      undefined,
      { accountId: 'new', name: 'New', currency: 'USD', billGroup: 'g', paymentTermsDays: 14 },
    ],
    [
      'POST',
      '/v1/charges',
      undefined,
      {
        charges: [
          { accountId: 'usd', amount: '12.5', description: 'Hosting', chargedOn: '2026-04-01', reference: 'line-2' },
        ],
      },
    ],
    [
      'POST',
      '/v1/credits',
      undefined,
      {
        accountId: 'usd',
        amount: '3',
        currency: 'USD',
        reason: 'Goodwill',
        note: 'Said sorry',
        reference: 'ticket-2',
        automaticDisbursement: false,
      },
    ],
    ['POST', '/v1/credits/batch', undefined, { credits: [{ accountId: 'usd', amount: '4', reason: 'Referral' }] }],
    ['POST', '/v1/credits/{creditId}/reversal', '/v1/credits/{issued}/reversal', { reason: 'By mistake' }, true],
  ),
  ...calls(
    'read',
    ['GET', '/v1/accounts'],
    ['GET', '/v1/accounts/{accountId}', '/v1/accounts/usd'],
    ['GET', '/v1/accounts/{accountId}/statement', '/v1/accounts/usd/statement'],
    ['GET', '/v1/accounts/{accountId}/charges', '/v1/accounts/usd/charges'],
    ['GET', '/v1/accounts/{accountId}/activity', '/v1/accounts/usd/activity'],
    ['GET', '/v1/bill-groups'],
    ['GET', '/v1/credits'],
    ['GET', '/v1/credits/{creditId}', '/v1/credits/{issued}'],
    ['GET', '/v1/credits/{creditId}/unpaid-invoices', '/v1/credits/{issued}/unpaid-invoices'],
    ['GET', '/v1/credits/{creditId}/disbursements', '/v1/credits/{issued}/disbursements'],
    ['GET', '/v1/jobs'],
    ['GET', '/v1/jobs/failure-groups'],
    ['GET', '/v1/jobs/{jobId}', '/v1/jobs/{issuedJob}'],
    ['GET', '/v1/bill-runs'],
    ['GET', '/v1/bill-runs/{billRunId}', '/v1/bill-runs/{finishedRun}'],
    ['GET', '/v1/bill-runs/{billRunId}/failures', '/v1/bill-runs/{finishedRun}/failures'],
    ['GET', '/v1/bill-runs/{billRunId}/failure-groups', '/v1/bill-runs/{finishedRun}/failure-groups'],
    ['GET', '/v1/bill-runs/{billRunId}/rate', '/v1/bill-runs/{finishedRun}/rate'],
    ['GET', '/v1/bill-runs/{billRunId}/events', '/v1/bill-runs/{finishedRun}/events'],
    ['GET', '/v1/invoices'],
    ['GET', '/v1/invoices/{invoiceId}', '/v1/invoices/{invoice}'],
    ['GET', '/v1/invoices/{invoiceId}/transactions', '/v1/invoices/{invoice}/transactions'],
    ['GET', '/v1/operations'],
    ['GET', '/v1/operations/history'],
    ['GET', '/v1/reconciliations'],
    ['GET', '/v1/schedules'],
    ['GET', '/v1/schedules/{name}', '/v1/schedules/nightly'],
    ['GET', '/v1/schedule-times', '/v1/schedule-times?cron=0+2+*+*+*&timezone=UTC'],
    ['GET', '/v1/reconciliations/{reconciliationId}', '/v1/reconciliations/{reconciliation}'],
    [
      'GET',
      '/v1/reconciliation-requests/{reconciliationRequestId}',
      '/v1/reconciliation-requests/{reconciliationRequest}',
    ],
    ['GET', '/v1/audit'],
  ),
  ...calls(
    'operate',
    ['DELETE', '/v1/credits/{creditId}', '/v1/credits/{pending}'],
    [
      'POST',
      '/v1/credits/{creditId}/disbursements',
      '/v1/credits/{issued}/disbursements',
      { invoiceId: '{invoice}', amount: '1' },
    ],
    ['DELETE', '/v1/credits/{creditId}/reversal', '/v1/credits/{reversalPending}/reversal'],
    ['POST', '/v1/jobs/{jobId}/retry', '/v1/jobs/{failedJob}/retry', { reason: 'It is mended' }, true],
    ['POST', '/v1/jobs/retry', undefined, { codes: ['timed_out'], type: 'credit', reason: 'It is mended' }, true],
    ['POST', '/v1/bill-runs', undefined, { accountIds: ['usd'], billDate: '2026-04-30', name: 'April' }],
    [
      'POST',
      '/v1/bill-runs/{billRunId}/retry',
      '/v1/bill-runs/{finishedRun}/retry',
      { codes: ['timed_out'], accountIds: ['usd'], reason: 'Mended' },
      true,
    ],
    ['POST', '/v1/bill-runs/{billRunId}/cancel', '/v1/bill-runs/{openRun}/cancel', { reason: 'By mistake' }, true],
    ['POST', '/v1/reconciliations', undefined, { reason: 'After the repair' }, true],
    ['POST', '/v1/bill-runs/preview', undefined, { accountIds: ['usd'], billDate: '2026-04-30' }],
    [
      'PUT',
      '/v1/schedules/{name}',
      '/v1/schedules/nightly',
      { cron: '0 3 * * *', timezone: 'Asia/Tokyo', billGroup: 'nobody', enabled: false },
    ],
    ['DELETE', '/v1/schedules/{name}', '/v1/schedules/nightly'],
  ),
  ...calls(
    'admin',
    ['POST', '/v1/keys', undefined, { name: 'feed', scopes: ['enqueue'], expiresAt: '2999-01-01T00:00:00Z' }],
    ['GET', '/v1/keys'],
    ['DELETE', '/v1/keys/{keyId}', '/v1/keys/{key}'],
  ),
  ...calls(
    'any',
    ['GET', '/v1/me'],
    ['POST', '/v1/sessions'],
    ['GET', '/v1/sessions'],
    ['GET', '/v1/sessions/{sessionId}', '/v1/sessions/{session}'],
    ['DELETE', '/v1/sessions/{sessionId}', '/v1/sessions/{session}'],
  ),
]

/** `METHOD /path` of something that there is, with the names of ids in braces. */
export const nameOf = ({ method, at }: KnownCall) => `${method} ${at}`
