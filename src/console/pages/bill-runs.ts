import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, BillRunQuery } from '../../api/types.ts'
import { billRunChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { heading } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { countText, money } from '../parts/money.ts'
import { paging, withQuery } from '../parts/paging.ts'
import { billRunPath } from '../parts/paths.ts'
import { capital, runText } from '../parts/run-title.ts'
import { tookText as clockOf, exactMoment, shortDay, startOfDay } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'

const STATUSES: Readonly<Record<BillRun['status'], string>> = {
  queued: 'Queued',
  running: 'Running',
  completed: 'Completed',
  completed_with_failures: 'Completed with failures',
  cancelled: 'Cancelled',
}

/** A filter in force: its name in the address, and what it says. */
type Filter = { readonly name: string; readonly text: string }

/** All bill runs, newest first. */
export async function billRunsPage(visit: Visit): Promise<Page> {
  const { client, query } = visit
  const [runs, groups, schedules] = await Promise.all([
    client.listBillRuns({ ...runQueryOf(visit), cursor: query.get('cursor') ?? undefined }),
    client.listBillGroups(),
    client.listSchedules(),
  ])
  const active = activeOf(visit)
  return page({
    title: 'Bill runs',
    section: 'bill-runs',
    body: html`${heading({
      title: 'Bill runs',
      actions: html`${csvLink(visit)}${
        visit.may('operate')
          ? html`<a class="button primary" href="/bill-runs/new" data-hotkey="n">Start a bill run</a>`
          : ''
      }`,
    })}
      <form class="filters" action="/bill-runs">
        ${choice(
          visit,
          'group',
          'Group',
          groups.data.map(({ billGroup }) => [billGroup, billGroup]),
        )}
        ${choice(visit, 'status', 'Status', Object.entries(STATUSES))}
        ${choice(
          visit,
          'schedule',
          'Schedule',
          schedules.data.map(({ name }) => [name, name]),
        )}
        ${day(visit, 'from', 'Started from')}${day(visit, 'to', 'Started up to')}
        <button class="button">Filter</button>${active.map((filter) => activeFilter(visit, filter))}
      </form>
      <section class="sheet" aria-label="Bill runs">${runs.data.length === 0 ? nothing(active) : list(visit, runs.data)}</section>
      ${paging(visit, runs.nextCursor)}`,
  })
}

const DAY = /^\d{4}-\d\d-\d\d$/

/** What of the address filters the list. Days are of the reader's zone. */
export function runQueryOf({ query, preferences: { zone } }: Visit): BillRunQuery {
  const given = (name: string) => query.get(name)?.trim() || undefined
  const dayOf = (name: string) => given(name)?.match(DAY)?.[0]
  const status = Object.keys(STATUSES).find((one) => one === given('status')) as BillRun['status'] | undefined
  const [from, to] = [dayOf('from'), dayOf('to')]
  return {
    billGroup: given('group'),
    status,
    schedule: given('schedule'),
    ...(from === undefined ? {} : { from: startOfDay(zone, from).toISOString() }),
    ...(to === undefined ? {} : { to: startOfDay(zone, dayAfter(to)).toISOString() }),
  }
}

const dayAfter = (date: string) => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

function activeOf({ query }: Visit): readonly Filter[] {
  const say = (name: string, text: (value: string) => string): Filter[] => {
    const value = query.get(name)?.trim() ?? ''
    return value === '' ? [] : [{ name, text: text(value) }]
  }
  const date = (value: string) => (DAY.test(value) ? shortDay(value) : value)
  return [
    ...say('group', (value) => `Group ${value}`),
    ...say('status', (value) => STATUSES[value as BillRun['status']] ?? value),
    ...say('schedule', (value) => `Schedule ${value}`),
    ...say('from', (value) => `From ${date(value)}`),
    ...say('to', (value) => `To ${date(value)}`),
  ]
}

function activeFilter({ url }: Visit, { name, text }: Filter): SafeHtml {
  return html`<a class="button plain" href="${withQuery(url, { [name]: undefined, cursor: undefined })}">${text}${ICONS.remove}<span class="unseen"> (take this filter away)</span></a>`
}

/** A filter that offers what there is, and what was asked for besides. */
function choice(
  { query }: Visit,
  name: string,
  label: string,
  known: readonly (readonly [string, string])[],
): SafeHtml {
  const value = query.get(name) ?? ''
  const options = value === '' || known.some(([one]) => one === value) ? known : [...known, [value, value] as const]
  return html`<label>${label}<select name="${name}"><option value="">All</option>${options.map(
    ([one, text]) => html`<option value="${one}"${one === value ? html` selected` : ''}>${text}</option>`,
  )}</select></label>`
}

const day = ({ query }: Visit, name: string, label: string): SafeHtml =>
  html`<label>${label}<input type="date" name="${name}" value="${query.get(name) ?? ''}" /></label>`

function nothing(active: readonly Filter[]): SafeHtml {
  if (active.length > 0) return empty('No bill run is like that.', html`<a href="/bill-runs">Show all</a>`)
  return empty(
    'No bill run yet. It makes one invoice for each account that has something pending.',
    html`Start one here, have a <a href="/schedules">schedule</a> do it each night, or <code>nightbill bill-run start --wait</code>.`,
  )
}

function list(visit: Visit, runs: readonly BillRun[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Run</th><th scope="col">As of</th><th scope="col">Status</th><th scope="col">Started</th><th scope="col" class="r">Took</th>
      <th scope="col" class="r">Accounts</th><th scope="col" class="r">Billed</th><th scope="col" class="r">Nothing</th><th scope="col" class="r">Failed</th><th scope="col" class="r">Charged</th></tr></thead>
    <tbody>${runs.map((run) => row(visit, run))}</tbody>
  </table>`
}

function row(visit: Visit, run: BillRun): SafeHtml {
  const { billRunId, billDate, progress, startedAt, createdAt, totals } = run
  const [first, ...others] = totals.toSorted((a, b) => b.invoices - a.invoices)
  const count = (number: number) => (number === 0 ? html`<span class="zero">0</span>` : countText(number))
  const path = billRunPath(billRunId)
  return html`<tr class="rows">
    <th scope="row" class="first"><a class="row" href="${path}">${capital(runText(run))}</a></th>
    <td class="nowrap drop">${shortDay(billDate)}</td>
    <td class="nowrap">${billRunChip(run)}</td>
    <td class="nowrap drop">${exactMoment(startedAt ?? createdAt, visit)}</td>
    <td class="r" data-label="took">${tookText(run, visit.now)}</td>
    <td class="r drop">${count(progress.accounts)}${run.selecting ? '+' : ''}</td>
    <td class="r drop">${count(progress.billed)}</td>
    <td class="r drop">${count(progress.nothingToBill)}</td>
    <td class="r drop">${progress.failed === 0 ? count(0) : html`<a href="${path}/failures">${countText(progress.failed)}</a>`}</td>
    <td class="r first">${first ? html`${money(first.charged, first.currency)}${others.length === 0 ? '' : html` <span class="unit">+${others.length}</span>`}` : html`<span class="zero">–</span>`}</td>
  </tr>`
}

function tookText({ startedAt, finishedAt }: BillRun, now: Date): string {
  if (startedAt === null) return '–'
  const ms = (finishedAt === null ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt)
  return clockOf(ms)
}
