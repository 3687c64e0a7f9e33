import { idOf, largeInvoiceOf, type Sizes, whaleOf } from './filled.ts'

/** How a list is asked for in a filled database. */
export type TriedList = {
  /** Values of each filter: the common, the rare and the absent. */
  readonly filters: Readonly<Record<string, readonly string[]>>
  /** The place of a cursor in its middle. */
  readonly middle: string
  /** How many rows it may look at, where that is more than a page needs: it counts them. */
  readonly maxRows?: number
}

/** Every list of the API, by its path. */
export function everyList(sizes: Sizes): Readonly<Record<string, TriedList>> {
  const accounts = ['account-100', `account-${whaleOf(sizes)}`]
  const runs = [idOf('run', 1), idOf('run', sizes.runs / 2), idOf('run', sizes.runs)]
  const time = secondsAgo(sizes.entries / 2)
  return {
    '/v1/accounts': {
      filters: {
        billGroup: ['default', 'small', 'nobody'],
        query: ['account-100', 'account', 'ltd', 'a', 'count', 'rare', 'nobody'],
      },
      middle: String(sizes.accounts / 2),
    },
    '/v1/accounts/{accountId}/statement': {
      filters: { from: ['2011-06-01T00:00:00Z'], to: ['2100-01-01T00:00:00Z'] },
      middle: `2011-06-07T00:00:00.000000Z/invoice/${idOf('invoice', sizes.invoices / 2)}`,
    },
    '/v1/accounts/{accountId}/charges': {
      filters: { status: ['pending', 'billed'] },
      middle: `${sizes.invoices / 2}/2026-01-01/${idOf('charge', sizes.charges / 2)}`,
    },
    '/v1/accounts/{accountId}/activity': { filters: {}, middle: `${time.replace('Z', '000Z')}/${idOf('job', 1)}` },
    '/v1/bill-groups': { filters: {}, middle: 'e', maxRows: sizes.accounts },
    '/v1/credits': {
      filters: {
        accountId: accounts,
        status: ['pending', 'deleted', 'issued', 'reversal_pending', 'reversed'],
        disbursement: ['automatic', 'by_hand'],
        hasLeft: ['true'],
      },
      middle: idOf('credit', sizes.credits / 2),
    },
    '/v1/credits/{creditId}/unpaid-invoices': { filters: {}, middle: String(sizes.invoices / 2) },
    '/v1/credits/{creditId}/disbursements': { filters: {}, middle: idOf('disbursement', 25_000) },
    '/v1/bill-runs': {
      filters: {
        billGroup: ['default', 'small', 'nobody'],
        status: ['completed', 'completed_with_failures', 'cancelled'],
        schedule: ['nightly', 'weekly', 'nobody'],
        from: [secondsAgo(sizes.runs * 0.6)],
        to: [secondsAgo(sizes.runs / 2)],
      },
      middle: `${secondsAgo(sizes.runs / 2).replace('Z', '000Z')}/${idOf('run', 1)}`,
    },
    '/v1/bill-runs/{billRunId}/failures': {
      filters: { code: ['internal_error', 'timed_out', 'nobody'] },
      middle: String(sizes.failures / 2),
    },
    '/v1/jobs': {
      filters: {
        status: ['queued', 'done', 'failed'],
        type: ['credit', 'reversal', 'nothing'],
        accountId: accounts,
        code: ['database_refused', 'timed_out', 'internal_error'],
        from: [secondsAgo(sizes.jobs * 0.6)],
        to: [time],
      },
      middle: `${time.replace('Z', '000Z')}/${idOf('job', 1)}`,
    },
    '/v1/invoices': {
      filters: {
        accountId: accounts,
        status: ['paid', 'unpaid', 'overdue'],
        billRunId: runs,
        number: [`${largeInvoiceOf(sizes)}`],
      },
      middle: String(sizes.invoices / 2),
    },
    '/v1/invoices/{invoiceId}/transactions': {
      filters: {},
      middle: `charge/2026-01-01/${idOf('charge', sizes.charges / 2)}`,
    },
    '/v1/reconciliations': { filters: {}, middle: '1' },
    '/v1/audit': {
      filters: {
        subject: [
          idOf('credit', Math.floor(sizes.jobs * 0.7)),
          'subject-9',
          `subject-${sizes.entries / 2 + 1}`,
          'nobody',
        ],
        keyId: [idOf('key', 3), idOf('key', 20)],
        from: [secondsAgo(sizes.entries * 0.6)],
        to: [time],
      },
      middle: `${time.replace('Z', '000Z')}/${idOf('job', 1)}`,
    },
    '/v1/schedules': { filters: {}, middle: 'm' },
    '/v1/keys': { filters: {}, middle: idOf('key', 10) },
    '/v1/sessions': { filters: {}, middle: idOf('key', 10) },
  }
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString()

/** What stands in the paths of lists in braces: of most the one that has many. */
export const idsIn = (sizes: Sizes) => ({
  // A statement adds up the whole life of an account, so it is an ordinary one.
  accountId: 'account-100',
  creditId: idOf('credit', 500),
  billRunId: idOf('run', 1),
  invoiceId: idOf('invoice', largeInvoiceOf(sizes)),
})

/** Every way to give or leave out each filter, as a query. */
export function combinations(filters: TriedList['filters']): readonly string[] {
  return Object.entries(filters).reduce<readonly string[]>(
    (queries, [name, values]) => queries.flatMap((query) => [query, ...values.map((one) => `${query}&${name}=${one}`)]),
    [''],
  )
}
