import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview } from '../../api/types.ts'
import type { Visit } from '../visit.ts'
import { type Figure, figures } from './figures.ts'
import { heading, mono } from './heading.ts'
import { amountText, money } from './money.ts'
import { accountPath } from './paths.ts'
import { tabs } from './tabs.ts'
import { dayIn, plural, shortDay } from './time.ts'
import { timeFormat } from './time-format.ts'

export type AccountTab = 'statement' | 'credits' | 'charges' | 'invoices' | 'activity'

export type AccountHead = {
  readonly tab: AccountTab
  /** What the page is about, such as `Credits of Acme Ltd`. */
  readonly title: string
  readonly actions?: SafeHtml | string
  /** Deeper than the tab itself. */
  readonly isDeeper?: boolean
}

const TABS: readonly (readonly [tab: AccountTab, path: string, name: string])[] = [
  ['statement', '', 'Statement'],
  ['credits', '/credits', 'Credits'],
  ['charges', '/charges', 'Charges'],
  ['invoices', '/invoices', 'Invoices'],
  ['activity', '/activity', 'Activity'],
]

/** The head of every page of an account: who it is, its figures, and its tabs. */
export function accountHead(
  visit: Visit,
  account: AccountOverview,
  { tab, title, actions = '' }: AccountHead,
): SafeHtml {
  const base = accountPath(account.accountId)
  return html`${heading({
    crumbs: [
      ['/accounts', 'Accounts'],
      [base, account.name],
    ],
    title,
    beside: html`${mono(account.accountId)}<span class="hint">${terms(account)}</span>`,
    actions,
  })}
  ${figures(figuresOf(visit, account))}
  ${tabs(
    'The account',
    TABS.map(([name, path, text]) => ({ href: `${base}${path}`, name: text, isCurrent: name === tab })),
  )}`
}

/** What it is billed with, said once: every amount of the account is in its currency. */
const terms = ({ billGroup, paymentTermsDays, currency }: AccountOverview): SafeHtml =>
  html`group <a href="/accounts?${new URLSearchParams({ group: billGroup }).toString()}">${billGroup}</a> · terms ${plural(paymentTermsDays, 'day')} · ${currency}`

function figuresOf(visit: Visit, account: AccountOverview): readonly Figure[] {
  const { currency, balance, creditLeft, nextRun } = account
  return [
    { label: 'Owes', value: money(balance, currency) },
    { label: 'Credit left', value: money(creditLeft, currency) },
    waiting(account),
    nextRun === null
      ? { label: 'Next bill run', value: html`–`, note: `no schedule for ${account.billGroup}` }
      : {
          label: 'Next bill run',
          value: html`${clockOf(visit, nextRun.at)}`,
          note: html`${dayOf(visit, nextRun.at)}, ${nextRun.schedule}`,
        },
  ]
}

/** What the next bill run takes up. Charges, credits and reversals are counted apart: their sums mean different things. */
function waiting({ accountId, pending, currency }: AccountOverview): Figure {
  const base = accountPath(accountId)
  const kinds = [
    { ...pending.charges, one: 'charge', href: `${base}/charges?status=pending` },
    { ...pending.credits, one: 'credit', href: `${base}/credits?status=pending` },
    { ...pending.reversals, one: 'reversal', href: `${base}/credits?status=reversal_pending` },
  ].filter(({ count }) => count > 0)
  const [first, ...others] = kinds
  const label = 'Waits for the next run'
  if (!first) return { label, value: html`<span class="zero">0</span>`, note: 'nothing' }
  const name = ({ count, one, href, atLeast }: typeof first) =>
    html`<a href="${href}">${atLeast ? 'over ' : ''}${plural(count, one)}</a>`
  const further = others.map((kind) => html`, ${name(kind)} of ${amountText(kind.amount)}`)
  return { label, value: money(first.amount, currency), note: html`${name(first)}${further}` }
}

const clockOf = ({ preferences: { zone } }: Visit, at: string) =>
  timeFormat(zone, { hour: '2-digit', minute: '2-digit' }).format(new Date(at))

function dayOf({ now, preferences: { zone } }: Visit, at: string): string {
  const day = dayIn(zone, new Date(at))
  if (day === dayIn(zone, now)) return 'today'
  return day === dayIn(zone, new Date(now.getTime() + 86_400_000)) ? 'tomorrow' : shortDay(day)
}
