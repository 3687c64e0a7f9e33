import { html, type SafeHtml } from '@remix-run/html-template'
import type { Credit, CreditQuery } from '../../api/types.ts'
import { csvOf } from '../csv-page.ts'
import { creditChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { filterAmong, filterChoice, filterOf, filters, filterText, keptFilters } from '../parts/filters.ts'
import { heading } from '../parts/heading.ts'
import { money } from '../parts/money.ts'
import { paging, withQuery } from '../parts/paging.ts'
import { accountPath, creditPath, invoicePath } from '../parts/paths.ts'
import { tabs } from '../parts/tabs.ts'
import { moment } from '../parts/time.ts'
import { type Page, type PageRoutes, page, type Visit } from '../visit.ts'

/** The lists of credits, by the word in the address. The first is the work list: what waits for a person to disburse it. */
const LISTS = {
  to_disburse: { name: 'To disburse', title: 'Credits to disburse by hand' },
  pending: { name: 'Pending', title: 'Pending credits' },
  issued: { name: 'Issued', title: 'Issued credits' },
  reversal_pending: { name: 'Reversal pending', title: 'Credits whose reversal is pending' },
  reversed: { name: 'Reversed', title: 'Reversed credits' },
  deleted: { name: 'Deleted', title: 'Deleted credits' },
  all: { name: 'All', title: 'All credits' },
} as const
type List = keyof typeof LISTS
const NAMES = Object.keys(LISTS) as readonly List[]

const DISBURSEMENTS = ['by_hand', 'automatic'] as const
const BY: Readonly<Record<(typeof DISBURSEMENTS)[number], string>> = { by_hand: 'By hand', automatic: 'By itself' }

/** The credits of all accounts. */
export function allCreditPages(routes: PageRoutes): void {
  routes.get('/credits', 'read', allCreditsPage)
  csvOf(routes, '/credits', (visit) => ({ list: 'v1/credits', query: queryOf(visit) }))
}

const listOf = (visit: Visit): List =>
  filterAmong(visit, 'status', NAMES) ??
  // A link that names another filter alone means all of them.
  ((filterOf(visit, 'account') ?? filterOf(visit, 'disbursement')) ? 'all' : 'to_disburse')

/** What of the address filters the list. */
function queryOf(visit: Visit): CreditQuery {
  const list = listOf(visit)
  const accountId = filterOf(visit, 'account')
  if (list === 'to_disburse') return { accountId, status: 'issued', disbursement: 'by_hand', hasLeft: 'true' }
  const disbursement = filterAmong(visit, 'disbursement', DISBURSEMENTS)
  return { accountId, status: list === 'all' ? undefined : list, disbursement }
}

async function allCreditsPage(visit: Visit): Promise<Page> {
  const list = listOf(visit)
  const query = queryOf(visit)
  const credits = await visit.client.listCredits({ ...query, cursor: filterOf(visit, 'cursor') })
  const { title } = LISTS[list]
  const hasChoice = list !== 'to_disburse'
  return page({
    title,
    section: 'credits',
    body: html`${heading({ title, actions: csvLink(visit) })}
      ${lists(visit, list)}
      ${filters(visit, {
        fields: html`${keptFilters(visit, 'status')}${filterText(visit, 'account', 'Account', 'its key')}
          ${hasChoice ? filterChoice(visit, 'disbursement', 'Disbursed', [['', 'either way'], ...DISBURSEMENTS.map((by) => [by, BY[by]] as const)]) : ''}`,
        active: [
          ...(query.accountId === undefined ? [] : [{ name: 'account', text: `Account ${query.accountId}` }]),
          ...(query.disbursement === undefined || !hasChoice
            ? []
            : [{ name: 'disbursement', text: BY[query.disbursement] }]),
        ],
      })}
      <section class="sheet" aria-label="${title}">${credits.data.length === 0 ? nothing(visit, list) : table(visit, credits.data)}</section>
      ${paging(visit, credits.nextCursor)}`,
  })
}

const lists = ({ url }: Visit, current: List): SafeHtml =>
  tabs(
    'Credits by state',
    NAMES.map((list) => ({
      href: withQuery(url, {
        status: list,
        cursor: undefined,
        ...(list === 'to_disburse' ? { disbursement: undefined } : {}),
      }),
      name: LISTS[list].name,
      isCurrent: list === current,
    })),
  )

function nothing(visit: Visit, list: List): SafeHtml {
  const all = html`<a href="/credits?status=all">Show all credits</a>`
  const account = filterOf(visit, 'account')
  const of = account === undefined ? '' : ` of ${account}`
  if (list === 'to_disburse')
    return empty(
      `Nothing${of} waits to be disbursed by hand.`,
      html`Issued credits that are not disbursed by themselves stand here for as long as something is left of them. ${all}`,
    )
  if (list !== 'all') return empty(`No ${LISTS[list].name.toLowerCase()} credit${of}.`, all)
  if (filterOf(visit, 'disbursement') !== undefined || account !== undefined) return empty(`No such credit${of}.`, all)
  return empty(
    'No credit yet. A credit is what you owe a customer: the next bill run attaches it to the new invoice.',
    'Open an account, then Credits, to add one; or have another system send it to POST /v1/credits.',
  )
}

function table(visit: Visit, credits: readonly Credit[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Account</th><th scope="col">Status</th><th scope="col">Reason</th><th scope="col" class="r">Amount</th>
      <th scope="col" class="r">Left</th><th scope="col" class="r">Invoice</th><th scope="col" class="roomy">Disbursed</th><th scope="col" class="roomy">Added</th></tr></thead>
    <tbody>${credits.map((credit) => row(visit, credit))}</tbody>
  </table>`
}

function row(visit: Visit, credit: Credit): SafeHtml {
  const { accountId, accountName, creditId, status, reason, amount, amountLeft, currency, invoiceNumber } = credit
  return html`<tr class="rows">
    <td class="cut wide"><a href="${accountPath(accountId)}">${accountName}</a> <code class="id">${accountId}</code></td>
    <td>${creditChip(status)}</td>
    <th scope="row" class="cut first"><a class="row" href="${creditPath(accountId, creditId)}">${reason}</a></th>
    <td class="r first">${money(amount, currency)}</td>
    <td class="r" data-label="left">${money(amountLeft, currency)}</td>
    <td class="r drop">${invoiceNumber === null ? '–' : html`<a href="${invoicePath(invoiceNumber)}">${invoiceNumber}</a>`}</td>
    <td class="nowrap roomy">${credit.automaticDisbursement ? BY.automatic : BY.by_hand}</td>
    <td class="nowrap roomy">${moment(credit.createdAt, visit)}</td>
  </tr>`
}
