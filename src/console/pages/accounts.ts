import { html, type SafeHtml } from '@remix-run/html-template'
import type { Account } from '../../api/types.ts'
import { empty } from '../parts/empty.ts'
import { heading } from '../parts/heading.ts'
import { money } from '../parts/money.ts'
import { paging } from '../parts/paging.ts'
import { accountPath } from '../parts/paths.ts'
import { plural } from '../parts/time.ts'
import { type Page, type PageRoutes, page, type Visit } from '../visit.ts'

/** How many bill groups are offered to choose from. */
const MAX_GROUPS = 200

/** All accounts, of a bill group or found by a text. */
export function accountListPages({ get }: PageRoutes): void {
  get('/accounts', 'read', accountsPage)
}

async function accountsPage(visit: Visit): Promise<Page> {
  const { client, query } = visit
  const text = query.get('query')?.trim().slice(0, 200) || undefined
  const billGroup = query.get('group') || undefined
  const [accounts, groups] = await Promise.all([
    client.listAccounts({ query: text, billGroup, cursor: query.get('cursor') ?? undefined }),
    client.listBillGroups({ limit: MAX_GROUPS }),
  ])
  const names = groups.data.map((group) => group.billGroup)
  return page({
    title: text === undefined ? 'Accounts' : `${text} – Accounts`,
    section: 'accounts',
    body: html`${heading({ title: 'Accounts' })}
      <form class="filters" action="/accounts">
        <label>Name or key <input type="search" name="query" value="${text ?? ''}" maxlength="200" autocomplete="off" /></label>
        <label>Bill group <select name="group"><option value="">all</option>${choices(names, billGroup)}</select></label>
        <button class="button">Show</button>
        ${text === undefined && billGroup === undefined ? '' : html`<a class="button plain" href="/accounts">Show all</a>`}
      </form>
      <section class="sheet" aria-label="Accounts">${
        accounts.data.length === 0 ? nothing(text, billGroup) : accountTable(accounts.data)
      }</section>
      ${paging(visit, accounts.nextCursor)}`,
  })
}

/** The group that is shown is there, whether it has accounts or not. */
function choices(names: readonly string[], chosen: string | undefined): SafeHtml[] {
  const all = chosen === undefined || names.includes(chosen) ? names : [...names, chosen]
  return all.map((name) => html`<option value="${name}"${name === chosen ? html` selected` : ''}>${name}</option>`)
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
