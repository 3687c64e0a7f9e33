import { afterAll, beforeAll, test } from 'vitest'
import { type BadCall, INVALID, openRefusingService, type RefusingService } from '../support/refusing-service.ts'

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

const schedule = (fields: object) => ({ cron: '0 2 * * *', timezone: 'UTC', billGroup: 'g', ...fields })

/** Calls about jobs, bill runs, schedules and keys. */
const BAD_CALLS: readonly BadCall[] = [
  // What is not there
  ...[
    'GET /v1/bill-runs/{nobody}',
    'GET /v1/bill-runs/{nobody}/failures',
    'GET /v1/bill-runs/{nobody}/events',
    'POST /v1/bill-runs/{nobody}/retry',
    'POST /v1/bill-runs/{nobody}/cancel',
  ].map((call) => ({ what: 'an unknown bill run', call, status: 404, code: 'bill_run_not_found' })),
  { what: 'an unknown job', call: 'POST /v1/jobs/{nobody}/retry', status: 404, code: 'job_not_found' },
  { what: 'a job that is done', call: 'POST /v1/jobs/{issuedJob}/retry', status: 409, code: 'job_not_failed' },
  {
    what: 'a reason of blanks',
    call: 'POST /v1/jobs/{failedJob}/retry',
    body: { reason: ' ' },
    ...INVALID,
    at: '/reason',
  },
  { what: 'an unknown schedule', call: 'DELETE /v1/schedules/nobody', status: 404, code: 'schedule_not_found' },
  { what: 'an unknown key', call: 'DELETE /v1/keys/{nobody}', status: 404, code: 'key_not_found' },

  // Bill runs
  ...[
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    '20260101',
    '2026-01-01T00:00:00Z',
    '0000-01-01',
    ' 2026-01-01',
    '+002026-01-01',
  ].flatMap((date) => [
    { what: `the date ${date}`, call: 'POST /v1/bill-runs', body: { billGroup: 'g', billDate: date }, ...INVALID },
    {
      what: `the date ${date}`,
      call: 'POST /v1/bill-runs/preview',
      body: { accountIds: ['usd'], billDate: date },
      ...INVALID,
    },
    {
      what: `the date ${date}`,
      call: 'POST /v1/charges',
      body: { charges: [{ accountId: 'usd', amount: '5', description: 'x', chargedOn: date }] },
      ...INVALID,
    },
  ]),
  ...[{ billGroup: 'g' }, { accountIds: ['usd'] }, { billGroup: 'g', allowFuture: false }].map((of) => ({
    what: 'a date far ahead',
    call: 'POST /v1/bill-runs',
    body: { ...of, billDate: '2199-12-31' },
    status: 422,
    code: 'bill_date_too_far',
    at: '/billDate',
  })),
  {
    what: 'a date far ahead',
    call: 'POST /v1/bill-runs/preview',
    body: { accountIds: ['usd'], billDate: '2199-12-31' },
    status: 422,
    code: 'bill_date_too_far',
    at: '/billDate',
  },
  {
    what: 'a leave that is none',
    call: 'POST /v1/bill-runs',
    body: { billGroup: 'g', billDate: '2199-12-31', allowFuture: 'yes' },
    ...INVALID,
    at: '/allowFuture',
  },
  {
    what: 'both a group and accounts',
    call: 'POST /v1/bill-runs',
    body: { billGroup: 'g', accountIds: ['usd'] },
    ...INVALID,
    at: '/accountIds',
  },
  {
    what: 'an unknown account in the list',
    call: 'POST /v1/bill-runs',
    body: { accountIds: ['usd', 'nobody'] },
    status: 404,
    code: 'account_not_found',
    at: '/accountIds/1',
  },
  {
    what: 'an unknown account in the list',
    call: 'POST /v1/bill-runs/preview',
    body: { accountIds: ['nobody', 'usd'] },
    status: 404,
    code: 'account_not_found',
    at: '/accountIds/0',
  },
  { what: 'no account at all', call: 'POST /v1/bill-runs', body: { accountIds: [] }, ...INVALID, at: '/accountIds' },
  {
    what: 'over 10,000 accounts',
    call: 'POST /v1/bill-runs',
    body: { accountIds: Array(10_001).fill('usd') },
    ...INVALID,
    at: '/accountIds',
  },
  {
    what: 'over 1,000 accounts',
    call: 'POST /v1/bill-runs/preview',
    body: { accountIds: Array(1_001).fill('usd') },
    ...INVALID,
    at: '/accountIds',
  },
  { what: 'a finished run', call: 'POST /v1/bill-runs/{finishedRun}/cancel', status: 409, code: 'bill_run_finished' },
  { what: 'a cancelled run', call: 'POST /v1/bill-runs/{cancelledRun}/cancel', status: 409, code: 'bill_run_finished' },
  { what: 'a cancelled run', call: 'POST /v1/bill-runs/{cancelledRun}/retry', status: 409, code: 'bill_run_finished' },

  // Schedules
  ...[
    'nonsense',
    '',
    '* * * *',
    '0 2 * * * *',
    '60 2 * * *',
    '0 24 * * *',
    '0 2 0 * *',
    '0 2 * 13 *',
    '0 2 * * 8',
    '*/0 2 * * *',
    '5-1 2 * * *',
    '0 0 30 2 *',
    '@daily',
    '0 2 * * *\u0000',
    '0 2 * * FOO',
  ].map((cron) => ({
    what: `the cron ${JSON.stringify(cron)}`,
    call: 'PUT /v1/schedules/new',
    body: schedule({ cron }),
    status: 422,
    code: 'invalid_schedule',
    at: '/cron',
  })),
  ...['Mars/Olympus', '', 'London', 'Europe/London ', '\u0000', '../../etc/passwd', 'GMT+1'].map((timezone) => ({
    what: `the time zone ${JSON.stringify(timezone)}`,
    call: 'PUT /v1/schedules/new',
    body: schedule({ timezone }),
    status: 422,
    code: 'invalid_schedule',
    at: '/timezone',
  })),
  { what: 'a name with a space', call: 'PUT /v1/schedules/a%20b', body: schedule({}), ...INVALID, at: '/params/name' },
  {
    what: 'a group with a space',
    call: 'PUT /v1/schedules/new',
    body: schedule({ billGroup: 'a b' }),
    ...INVALID,
    at: '/billGroup',
  },

  // Keys
  {
    what: 'the name of the bootstrap key',
    call: 'POST /v1/keys',
    body: { name: 'bootstrap', scopes: ['read'] },
    ...INVALID,
    at: '/name',
  },
  { what: 'no scope', call: 'POST /v1/keys', body: { name: 'x', scopes: [] }, ...INVALID, at: '/scopes' },
  {
    what: 'an unknown scope',
    call: 'POST /v1/keys',
    body: { name: 'x', scopes: ['root'] },
    ...INVALID,
    at: '/scopes/0',
  },
  {
    what: 'a scope twice',
    call: 'POST /v1/keys',
    body: { name: 'x', scopes: ['read', 'read'] },
    ...INVALID,
    at: '/scopes',
  },
  ...['tomorrow', '2026-11-30', '2026-11-30T00:00:00', '2026-02-30T00:00:00Z', '2026-12-31T23:59:60Z'].map(
    (expiresAt) => ({
      what: `the time ${expiresAt}`,
      call: 'POST /v1/keys',
      body: { name: 'x', scopes: ['read'], expiresAt },
      ...INVALID,
      at: '/expiresAt',
    }),
  ),
]
test.each(BAD_CALLS)('$call, $what: $status $code', (bad) => service.refuse(bad))
