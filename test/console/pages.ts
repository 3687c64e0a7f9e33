import type { Ids } from '../support/seeded-service.ts'

/** A page of the console that the sweep goes through, by a name and with its address for the ids of a seeded service. */
export type SweptPage = { readonly name: string; readonly path: (ids: Ids) => string }

const at = (name: string, path: string | ((ids: Ids) => string)): SweptPage => ({
  name,
  path: typeof path === 'string' ? () => path : path,
})

/** Every page of the console, in each of the states that look different. A page that is not here is found by a test. */
export const SWEPT_PAGES: readonly SweptPage[] = [
  at('home', '/'),
  at('home, its charts by kind', '/?by=kind'),
  at('credits of an account', '/accounts/usd/credits'),
  at('credits, none', '/accounts/jpy/credits'),
  at('credits, filtered', '/accounts/usd/credits?status=issued'),
  at('a pending credit', (ids) => `/accounts/usd/credits/${ids.pending}`),
  at('an issued credit', (ids) => `/accounts/usd/credits/${ids.issued}?tab=unpaid`),
  at('its disbursements', (ids) => `/accounts/usd/credits/${ids.issued}?tab=disbursements`),
  at('its activity', (ids) => `/accounts/usd/credits/${ids.issued}?tab=activity`),
  at('a credit whose reversal is pending', (ids) => `/accounts/usd/credits/${ids.reversalPending}`),
  at('a reversed credit', (ids) => `/accounts/usd/credits/${ids.reversed}`),
  at('adding a credit', '/accounts/usd/credits/new'),
  at('deleting a credit', (ids) => `/accounts/usd/credits/${ids.pending}/delete`),
  at('reversing a credit', (ids) => `/accounts/usd/credits/${ids.issued}/reverse`),
  at('bill runs', '/bill-runs'),
  at('bill runs, filtered', '/bill-runs?group=default&status=cancelled&schedule=nightly&from=2026-01-01&to=2026-01-31'),
  at('starting a bill run', '/bill-runs/new'),
  at('starting a bill run, with all filled in', '/bill-runs/new?accounts=usd&date=2026-01-31&name=January&future=on'),
  at('the preview of a bill run', '/bill-runs/new/preview?group=default&date=2026-01-31'),
  at('a bill run', (ids) => `/bill-runs/${ids.finishedRun}`),
  at('a bill run, compared', (ids) => `/bill-runs/${ids.finishedRun}?compare=1`),
  at('a cancelled bill run', (ids) => `/bill-runs/${ids.cancelledRun}`),
  at('the failures of a bill run, none', (ids) => `/bill-runs/${ids.finishedRun}/failures?code=timed_out`),
  at('invoices', '/invoices'),
  at('overdue invoices', '/invoices?status=overdue'),
  at('invoices, filtered', (ids) => `/invoices?status=unpaid&account=usd&run=${ids.finishedRun}`),
  at('invoices, none', '/invoices?status=paid&account=jpy'),
  at('an unpaid invoice', (ids) => `/invoices/${ids.invoice}`),
  at('disbursing to an invoice', (ids) => `/invoices/${ids.invoice}/disburse`),
  at('disbursing to an invoice, no credit', (ids) => `/invoices/${ids.otherInvoice}/disburse`),
  at('an invoice that is not there', '/invoices/999999'),
  at('credits to disburse by hand', '/credits'),
  at('all credits', '/credits?status=all'),
  at('all credits, filtered', '/credits?status=issued&disbursement=by_hand&account=usd'),
  at('all credits, none', '/credits?status=all&account=jpy'),
  at('an account that is not there', '/accounts/nobody/credits'),
]
