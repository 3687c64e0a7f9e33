import { html } from '@remix-run/html-template'
import type { AccountOverview } from '../../api/types.ts'
import { csvOf } from '../csv-page.ts'
import { accountPath, keyOfSegment } from '../parts/paths.ts'
import { type Page, type PageRoutes, redirect, type Visit } from '../visit.ts'
import {
  accountActivityPage,
  accountInvoicesCsv,
  accountInvoicesPage,
  chargesCsv,
  chargesPage,
} from './account-lists.ts'
import { previewDialog } from './account-preview.ts'
import { statementCsv, statementPage } from './statement.ts'

/** The pages of one account, but for its credits. */
export function accountPages(routes: PageRoutes): void {
  const { get, post } = routes
  get('/accounts/:key', 'read', (visit) => statementPage(visit, () => html``))
  // Asked for by a form, as the API takes it from an own page only. It changes nothing, so its answer is the page itself.
  post('/accounts/:key/preview', 'operate', previewPage)
  get('/accounts/:key/preview', 'read', async ({ params }) => redirect(accountPath(keyOfSegment(params.key as string))))
  get('/accounts/:key/charges', 'read', chargesPage)
  get('/accounts/:key/invoices', 'read', accountInvoicesPage)
  get('/accounts/:key/activity', 'read', accountActivityPage)
  csvOf(routes, '/accounts/:key/statement', statementCsv)
  csvOf(routes, '/accounts/:key/charges', chargesCsv)
  csvOf(routes, '/accounts/:key/invoices', accountInvoicesCsv)
}

/** The statement, with the preview of the next invoice open. */
async function previewPage(visit: Visit): Promise<Page> {
  const account: AccountOverview = await visit.client.getAccount(keyOfSegment(visit.params.key as string))
  const dialog = await previewDialog(visit, account)
  return statementPage(visit, () => dialog)
}
