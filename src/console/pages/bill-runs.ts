import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, BillRunQuery } from '../../api/types.ts'
import { billRunChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { type ActiveFilter, filterAmong, filterChoice, filterOf, filters } from '../parts/filters.ts'
import { heading } from '../parts/heading.ts'
import { countText, money } from '../parts/money.ts'
import { paging } from '../parts/paging.ts'
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

/** All bill runs, newest first. */
export async function billRunsPage(visit: Visit): Promise<Page> {
  const { client, query } = visit
  const [runs, groups, schedules] = await Promise.all([
    client.listBillRuns({ ...billRunQueryOf(visit), cursor: query.get('cursor') ?? undefined }),
    client.listBillGroups(),
    client.listSchedules(),
  ])
  const active = activeOf(visit)
  return page({
    title: 'Bill runs',
    section: 'bill-runs',
    body: html`${heading({
      title: 'Bill runs',
      actions: visit.may('operate')
        ? html`${csvLink(visit)}<a class="button primary" href="/bill-runs/new" data-hotkey="n">Start a bill run</a>`
        : csvLink(visit),
    })}
      ${filters(visit, {
        fields: html`${filterChoice(
          visit,
          'group',
          'Group',
          offered(
            visit,
            'group',
            groups.data.map(({ billGroup }) => billGroup),
          ),
        )}
          ${filterChoice(visit, 'status', 'Status', [ALL, ...Object.entries(STATUSES)])}
          ${filterChoice(
            visit,
            'schedule',
            'Schedule',
            offered(
              visit,
              'schedule',
              schedules.data.map(({ name }) => name),
            ),
          )}
          ${day(visit, 'since', 'Started from')}${day(visit, 'until', 'Started up to')}`,
        active,
      })}
      <section class="sheet" aria-label="Bill runs">${runs.data.length === 0 ? nothing(active) : list(visit, runs.data)}</section>
      ${paging(visit, runs.nextCursor)}`,
  })
}

const DAY = /^\d{4}-\d\d-\d\d$/

/** What of the address filters the list. Days are of the reader's zone. */
export function billRunQueryOf(visit: Visit): BillRunQuery {
  const { zone } = visit.preferences
  const dayOf = (name: string) => filterOf(visit, name)?.match(DAY)?.[0]
  const [from, to] = [dayOf('since'), dayOf('until')]
  return {
    billGroup: filterOf(visit, 'group'),
    status: filterAmong(visit, 'status', Object.keys(STATUSES) as readonly BillRun['status'][]),
    schedule: filterOf(visit, 'schedule'),
    ...(from === undefined ? {} : { from: startOfDay(zone, from).toISOString() }),
    ...(to === undefined ? {} : { to: startOfDay(zone, dayAfter(to)).toISOString() }),
  }
}

const dayAfter = (date: string) => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

function activeOf(visit: Visit): readonly ActiveFilter[] {
  const say = (name: string, text: (value: string) => string): ActiveFilter[] => {
    const value = filterOf(visit, name)
    return value === undefined ? [] : [{ name, text: text(value) }]
  }
  const date = (value: string) => (DAY.test(value) ? shortDay(value) : value)
  return [
    ...say('group', (value) => `Group ${value}`),
    ...say('status', (value) => STATUSES[value as BillRun['status']] ?? value),
    ...say('schedule', (value) => `Schedule ${value}`),
    ...say('since', (value) => `From ${date(value)}`),
    ...say('until', (value) => `Up to ${date(value)}`),
  ]
}

const ALL = ['', 'All'] as const

/** What a filter offers: what there is, and what was asked for besides. */
function offered(visit: Visit, name: string, known: readonly string[]): readonly (readonly [string, string])[] {
  const asked = filterOf(visit, name)
  const all = asked === undefined || known.includes(asked) ? known : [...known, asked]
  return [ALL, ...all.map((one) => [one, one] as const)]
}

const day = ({ query }: Visit, name: string, label: string): SafeHtml =>
  html`<label>${label}<input type="date" name="${name}" value="${query.get(name) ?? ''}" /></label>`

function nothing(active: readonly ActiveFilter[]): SafeHtml {
  if (active.length > 0) return empty('No bill run is like that.', html`<a href="/bill-runs">Show all</a>`)
  return empty(
    'No bill run yet. It makes one invoice for each account that has something pending.',
    html`Start one here, have a <a href="/schedules">schedule</a> do it each night, or <code>nightbill bill-run start --wait</code>.`,
  )
}

function list(visit: Visit, runs: readonly BillRun[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Run</th><th scope="col">As of</th><th scope="col">Status</th><th scope="col" class="roomy">Started</th><th scope="col" class="r">Took</th>
      <th scope="col" class="r">Accounts</th><th scope="col" class="r roomy">Billed</th><th scope="col" class="r roomy">Nothing</th><th scope="col" class="r">Failed</th><th scope="col" class="r">Charged</th></tr></thead>
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
    <td class="nowrap roomy">${exactMoment(startedAt ?? createdAt, visit)}</td>
    <td class="r" data-label="took">${tookText(run, visit.now)}</td>
    <td class="r drop">${count(progress.accounts)}${run.selecting ? '+' : ''}</td>
    <td class="r roomy">${count(progress.billed)}</td>
    <td class="r roomy">${count(progress.nothingToBill)}</td>
    <td class="r drop">${progress.failed === 0 ? count(0) : html`<a href="${path}/failures">${countText(progress.failed)}</a>`}</td>
    <td class="r first">${first ? html`${money(first.charged, first.currency)}${others.length === 0 ? '' : html` <span class="unit">+${others.length}</span>`}` : html`<span class="zero">–</span>`}</td>
  </tr>`
}

function tookText({ startedAt, finishedAt }: BillRun, now: Date): string {
  if (startedAt === null) return '–'
  const ms = (finishedAt === null ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt)
  return clockOf(ms)
}
