import { html, type SafeHtml } from '@remix-run/html-template'
import type { Account, AccountQuery } from '../../api/types.ts'
import { csvOf } from '../csv-page.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { filterChoice, filterOf, filters, filterText } from '../parts/filters.ts'
import { heading } from '../parts/heading.ts'
import { money } from '../parts/money.ts'
import { paging } from '../parts/paging.ts'
import { accountPath } from '../parts/paths.ts'
import { plural } from '../parts/time.ts'
import { type Page, type PageRoutes, page, type Visit } from '../visit.ts'

/** How many bill groups are offered to choose from. */
const MAX_GROUPS = 200

/** All accounts, of a bill group or found by a text. */
export function accountListPages(routes: PageRoutes): void {
  routes.get('/accounts', 'read', accountsPage)
  csvOf(routes, '/accounts', (visit) => ({ list: 'v1/accounts', query: queryOf(visit) }))
}

/** What of the address filters the list. */
const queryOf = (visit: Visit): AccountQuery => ({
  query: filterOf(visit, 'query')?.slice(0, 200),
  billGroup: filterOf(visit, 'group'),
})

async function accountsPage(visit: Visit): Promise<Page> {
  const filter = queryOf(visit)
  const { query: text, billGroup } = filter
  const [accounts, groups] = await Promise.all([
    visit.client.listAccounts({ ...filter, cursor: filterOf(visit, 'cursor') }),
    visit.client.listBillGroups({ limit: MAX_GROUPS }),
  ])
  const names = groups.data.map((group) => group.billGroup)
  // The group that is shown is there to choose, whether it has accounts or not.
  const offered = billGroup === undefined || names.includes(billGroup) ? names : [...names, billGroup]
  return page({
    title: text === undefined ? 'Accounts' : `${text} – Accounts`,
    section: 'accounts',
    body: html`${heading({ title: 'Accounts', actions: csvLink(visit) })}
      ${filters(visit, {
        fields: html`${filterText(visit, 'query', 'Name or key')}
          ${filterChoice(visit, 'group', 'Bill group', [['', 'all'], ...offered.map((name) => [name, name] as const)])}`,
        active: [
          ...(text === undefined ? [] : [{ name: 'query', text: `“${text}”` }]),
          ...(billGroup === undefined ? [] : [{ name: 'group', text: `Group ${billGroup}` }]),
        ],
      })}
      <section class="sheet" aria-label="Accounts">${
        accounts.data.length === 0 ? nothing(text, billGroup) : accountTable(accounts.data)
      }</section>
      ${paging(visit, accounts.nextCursor)}`,
  })
}

function nothing(text: string | undefined, billGroup: string | undefined): SafeHtml {
  const inGroup = billGroup === undefined ? '' : ` of the bill group ${billGroup}`
  if (text !== undefined)
    return empty(`No account${inGroup} is called “${text}”.`, html`<a href="/accounts">Show all</a>`)
  if (billGroup !== undefined) return empty(`No account${inGroup}.`, html`<a href="/accounts">Show all</a>`)
  return empty(
    'No account yet. An account is who is billed.',
    html`Upstream systems create them with <code>POST /v1/accounts</code>, or <code data-copy>nightbill import accounts accounts.csv</code>.`,
  )
}

/** Accounts in a table: who, and what they owe. */
export function accountTable(accounts: readonly Account[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Account</th><th scope="col">Bill group</th><th scope="col" class="r">Terms</th>
      <th scope="col" class="r">Owes</th><th scope="col" class="r">Credit left</th></tr></thead>
    <tbody>${accounts.map(
      ({ accountId, name, billGroup, paymentTermsDays, balance, creditLeft, currency }) => html`<tr class="rows">
        <th scope="row" class="first"><a class="row" href="${accountPath(accountId)}">${name}</a> <code class="id">${accountId}</code></th>
        <td class="drop">${billGroup}</td><td class="r drop">${plural(paymentTermsDays, 'day')}</td>
        <td class="r first">${money(balance, currency)}</td><td class="r wide" data-label="credit left">${money(creditLeft, currency)}</td></tr>`,
    )}</tbody>
  </table>`
}
