import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview, Credit, Job } from '../../api/types.ts'
import { accountHead } from '../parts/account-head.ts'
import { acceptedChip, creditChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { dialog, opens } from '../parts/dialog.ts'
import { empty } from '../parts/empty.ts'
import { EMPTY_FORM, type FormState } from '../parts/form.ts'
import { ICONS } from '../parts/icons.ts'
import { bareMoney } from '../parts/money.ts'
import { paging, withQuery } from '../parts/paging.ts'
import { creditPath, creditsPath, keyOfSegment } from '../parts/paths.ts'
import { type Page, page, type Visit } from '../visit.ts'
import { creditForm } from './credit-forms.ts'
import { type OpenedCredit, openedCredit, readOpenedCredit } from './credit-opened.ts'

/** What of the credits screen is open, and what was refused on it. */
export type CreditsState = {
  /** The dialog that is open when the page arrives. */
  readonly dialog?: 'new' | 'delete' | 'reverse'
  /** The form that was refused. */
  readonly form?: FormState
  readonly status?: number
}

type Statuses = Credit['status']
const STATUSES: Readonly<Record<Statuses, string>> = {
  pending: 'pending',
  issued: 'issued',
  reversal_pending: 'reversal pending',
  reversed: 'reversed',
  deleted: 'deleted',
}

/** What of the address filters the list. */
export const creditQueryOf = ({ params, query }: Visit) => ({
  accountId: keyOfSegment(params.key as string),
  status: Object.keys(STATUSES).find((name) => name === query.get('status')) as Statuses | undefined,
})

/** The credits of an account, and the one that is opened, if any. */
export async function creditsPage(visit: Visit, state: CreditsState = {}): Promise<Page> {
  const { client, params, query } = visit
  const { accountId, status } = creditQueryOf(visit)
  // What is accepted and not yet recorded stands on top of the list.
  const showsAccepted = !query.has('cursor') && (status === undefined || status === 'pending')
  const [account, credits, accepted, opened] = await Promise.all([
    client.getAccount(accountId),
    client.listCredits({ accountId, status, cursor: query.get('cursor') ?? undefined }),
    showsAccepted ? client.listJobs({ accountId, type: 'credit', status: 'queued' }) : undefined,
    params.creditId === undefined ? undefined : readOpenedCredit(visit, params.creditId),
  ])
  const title = `Credits of ${account.name}`
  const isNew = state.dialog === 'new'
  return page({
    title: opened ? `${opened.credit.reason} – ${account.name}` : title,
    section: 'accounts',
    status: state.status ?? 200,
    body: html`${accountHead(visit, account, { tab: 'credits', title, actions: html`${csvLink(visit, creditsPath(accountId))}${addButton(visit, account)}` })}
      ${
        visit.may('enqueue')
          ? dialog({
              id: 'add-credit',
              title: `Add a credit for ${account.name}`,
              body: creditForm(account, isNew ? (state.form ?? EMPTY_FORM) : EMPTY_FORM),
              isOpen: isNew,
            })
          : ''
      }
      <div id="credits" class="${opened ? 'beside' : ''}">
        <section class="sheet" aria-label="Credits">
          ${status === undefined ? '' : filterLine(visit, account, status)}
          ${list(account, credits.data, { opened, status, accepted: accepted?.data ?? [] })}
        </section>
        ${opened ? openedCredit(visit, account, opened, state) : ''}
      </div>
      ${paging(visit, credits.nextCursor)}`,
  })
}

function addButton({ may }: Visit, { accountId }: AccountOverview): SafeHtml {
  if (!may('enqueue')) return html``
  return html`<button class="button primary" ${opens('add-credit')} data-hotkey="c">${ICONS.plus}Add credit</button>
    <noscript><a class="button plain" href="${creditsPath(accountId)}/new">on its own page</a></noscript>`
}

function filterLine({ url }: Visit, { name }: AccountOverview, status: Statuses): SafeHtml {
  return html`<header><p>Only ${STATUSES[status]} credits of ${name}</p>
    <div class="actions"><a class="button plain" href="${withQuery(url, { status: undefined, cursor: undefined })}">Show all</a></div></header>`
}

function list(
  { name, currency, accountId }: AccountOverview,
  credits: readonly Credit[],
  {
    opened,
    status,
    accepted,
  }: {
    readonly opened: OpenedCredit | undefined
    readonly status: Statuses | undefined
    readonly accepted: readonly Job[]
  },
): SafeHtml {
  if (credits.length === 0 && accepted.length === 0)
    return status === undefined
      ? empty(
          `${name} has no credit yet.`,
          'A credit is what you owe a customer. The next bill run attaches it to the new invoice.',
        )
      : empty(`No ${STATUSES[status]} credit of ${name}.`)
  return html`<table class="stacked">
    <thead><tr><th scope="col">Status</th><th scope="col">Reason</th><th scope="col" class="r">Amount <span class="unit">${currency}</span></th>
      <th scope="col" class="r">Left <span class="unit">${currency}</span></th><th scope="col" class="r">Invoice</th><th scope="col">Disbursed</th></tr></thead>
    ${acceptedRows(accepted)}
    <tbody>${credits.map((credit) => row(accountId, credit, credit.creditId === opened?.credit.creditId))}</tbody>
  </table>`
}

/** Credits that are recorded in a moment. They become rows by themselves where scripts run. */
function acceptedRows(accepted: readonly Job[]): SafeHtml {
  if (accepted.length === 0) return html``
  return html`<tbody hx-get="" hx-trigger="every 1s" hx-target="#credits" hx-select="#credits" hx-swap="outerHTML">${accepted.map(
    ({ reason, amount, automaticDisbursement }) => html`<tr>
      <td>${acceptedChip()}</td>
      <th scope="row" class="first">${reason ?? ''}</th>
      <td class="r first">${bareMoney(amount ?? '0')}</td>
      <td class="r drop"></td>
      <td class="r drop">–</td>
      <td class="drop nowrap">${automaticDisbursement === false ? 'By hand' : 'By itself'}</td></tr>`,
  )}</tbody>`
}

function row(accountId: string, credit: Credit, isOpened: boolean): SafeHtml {
  const { creditId, status, reason, amount, amountLeft, invoiceNumber, automaticDisbursement } = credit
  const href = creditPath(accountId, creditId)
  return html`<tr class="rows"${isOpened ? html` aria-current="true"` : ''}>
    <td>${creditChip(status)}</td>
    <th scope="row" class="first"><a class="row" href="${href}" hx-get="${href}" hx-target="#credits" hx-select="#credits" hx-swap="outerHTML"
      hx-push-url="true">${reason}</a></th>
    <td class="r first">${bareMoney(amount)}</td>
    <td class="r" data-label="left">${bareMoney(amountLeft)}</td>
    <td class="r drop">${invoiceNumber ?? '–'}</td>
    <td class="drop nowrap">${automaticDisbursement ? 'By itself' : 'By hand'}</td>
  </tr>`
}
