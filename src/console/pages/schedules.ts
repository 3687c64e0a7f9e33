import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, Schedule } from '../../api/types.ts'
import { isApiError } from '../../client/api-error.ts'
import { billRunChip, chip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { dialog, opens } from '../parts/dialog.ts'
import { empty } from '../parts/empty.ts'
import { EMPTY_FORM, type FieldErrors, type FormState, fieldErrors } from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { paging } from '../parts/paging.ts'
import { activityPath, billRunPath, keyOfSegment, schedulePath } from '../parts/paths.ts'
import { shortDay } from '../parts/time.ts'
import { type Answer, fragment, type Page, type PageRoutes, page, redirect, type Visit } from '../visit.ts'
import {
  DEFAULT_CRON,
  dueTime,
  nextTimesList,
  removeForm,
  scheduleForm,
  timesBox,
  timesError,
} from './schedule-parts.ts'

/** The schedules of nightly bill runs. */
export function schedulePages({ get, post }: PageRoutes): void {
  get('/schedules', 'read', (visit) => listPage(visit))
  get('/schedules/:name', 'read', (visit) => onePage(visit))
  get('/schedules/:name/remove', 'operate', (visit) => onePage(visit, { isRemoving: true }))
  // Not below /schedules, where any name may be a schedule's.
  get('/schedule-times', 'read', async (visit) => fragment((await timesOf(visit, visit.query)).shown))
  post('/schedules', 'operate', addSchedule)
  post('/schedules/:name', 'operate', changeSchedule)
  post('/schedules/:name/turn', 'operate', turnSchedule)
  post('/schedules/:name/remove', 'operate', removeSchedule)
}

const nameOf = ({ params }: Visit) => keyOfSegment(params.name as string)

type Sent = { readonly form?: FormState; readonly status?: number }

/** Without a script, the button that shows the next times sends the form here as a query. */
const asked = (query: URLSearchParams): FormState | undefined =>
  query.has('cron') ? { values: Object.fromEntries(query), errors: {} } : undefined

async function listPage(visit: Visit, { form, status = 200 }: Sent = {}): Promise<Page> {
  const { client, query, may } = visit
  const shown = form ?? asked(query) ?? EMPTY_FORM
  const timing = { cron: DEFAULT_CRON, timezone: visit.preferences.zone, ...shown.values }
  const [{ data, nextCursor }, times] = await Promise.all([
    client.listSchedules({ cursor: query.get('cursor') ?? undefined }),
    timesOf(visit, new URLSearchParams(timing)),
  ])
  const add = {
    id: 'add-schedule',
    title: 'Add a schedule',
    body: scheduleForm(visit, { ...shown, id: 'add' }, { times: times.shown }),
    isOpen: form !== undefined || query.has('new') || query.has('cron'),
  }
  return page({
    title: 'Schedules',
    section: 'schedules',
    status,
    body: html`${heading({ title: 'Schedules', actions: html`${csvLink(visit)}${may('operate') ? addButton() : ''}` })}
      ${may('operate') ? dialog(add) : ''}
      <section class="sheet" aria-label="Schedules">${
        data.length === 0
          ? empty(
              'No schedule yet: bill runs are started by hand, or by another scheduler.',
              'A schedule starts the bill run of a group by itself, once for each business date.',
            )
          : list(visit, data)
      }</section>
      ${paging(visit, nextCursor)}`,
  })
}

const addButton =
  () => html`<button class="button primary" ${opens('add-schedule')}>${ICONS.plus}Add a schedule</button>
  <noscript><a class="button plain" href="/schedules?new=1">on its own page</a></noscript>`

const onOff = (enabled: boolean) => (enabled ? chip('ok', 'disc', 'On') : chip('idle', 'ring', 'Off'))

function list(visit: Visit, schedules: readonly Schedule[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Schedule</th><th scope="col">When</th><th scope="col">Group</th><th scope="col">Next</th>
      <th scope="col">Last run</th><th scope="col">State</th></tr></thead>
    <tbody>${schedules.map(
      ({ name, cron, cronInWords, timezone, billGroup, nextTimes: [next], lastRun, enabled }) => html`<tr class="rows">
      <th scope="row" class="first"><a class="row" href="${schedulePath(name)}">${name}</a></th>
      <td class="wide">${cronInWords ?? html`<code>${cron}</code>`} <span class="quiet">${timezone}</span></td>
      <td data-label="group"><code class="id">${billGroup}</code></td>
      <td class="nowrap wide" data-label="next">${next ? dueTime(visit, next, timezone) : '–'}</td>
      <td class="nowrap wide" data-label="last run">${lastRun ? lastRunLink(lastRun) : '–'}</td>
      <td class="first">${onOff(enabled)}</td></tr>`,
    )}</tbody>
  </table>`
}

const lastRunLink = ({ billRunId, billDate }: NonNullable<Schedule['lastRun']>) =>
  html`<a href="${billRunPath(billRunId)}">${shortDay(billDate)}</a>`

async function onePage(
  visit: Visit,
  { form, status = 200, isRemoving = false }: Sent & { readonly isRemoving?: boolean } = {},
): Promise<Page> {
  const { client, query, may } = visit
  const name = nameOf(visit)
  const schedule = await client.getSchedule(name)
  const { cron, timezone, billGroup, enabled, cronInWords } = schedule
  const values = form?.values ?? asked(query)?.values ?? { cron, timezone, billGroup }
  const [times, run] = await Promise.all([
    timesOf(visit, new URLSearchParams(values)),
    schedule.lastRun ? client.getBillRun(schedule.lastRun.billRunId) : undefined,
  ])
  const state = { id: 'schedule', values, errors: form?.errors ?? {} }
  return page({
    title: name,
    section: 'schedules',
    status,
    body: html`${heading({
      crumbs: [['/schedules', 'Schedules']],
      title: name,
      beside: onOff(enabled),
      actions: may('operate') ? actions(schedule) : '',
    })}
      <p class="lead">${cronInWords ?? html`<code>${cron}</code>`} in ${timezone}, the group <b>${billGroup}</b>.${enabled ? '' : ' It is off, and starts nothing.'}</p>
      ${may('operate') ? dialog({ id: 'remove-schedule', title: `Remove ${name}?`, body: removeForm(name), isOpen: isRemoving }) : ''}
      <div class="${may('operate') ? 'beside' : 'stack'}">
        ${
          may('operate')
            ? html`<section class="sheet" aria-labelledby="change"><header><h2 id="change">Change it</h2></header>
              <div class="inset">${scheduleForm(visit, state, { name })}</div></section>`
            : ''
        }
        <div class="stack">
          <section class="sheet" aria-labelledby="due"><header><h2 id="due">Next times</h2></header>
            <div class="inset">${timesBox(times.shown)}</div></section>
          ${lastRun(name, run)}
        </div>
      </div>`,
  })
}

function lastRun(name: string, run: BillRun | undefined): SafeHtml {
  return html`<section class="sheet" aria-labelledby="last"><header><h2 id="last">Last run</h2>
    <div class="actions"><a class="button plain" href="/bill-runs?schedule=${encodeURIComponent(name)}">All its runs</a>
      <a class="button plain" href="${activityPath(name)}">Activity</a></div></header>
    ${
      run
        ? html`<p class="inset"><a href="${billRunPath(run.billRunId)}">${shortDay(run.billDate)}</a> ${billRunChip(run)}</p>`
        : empty('It has started no run yet.')
    }</section>`
}

function actions({ name, enabled }: Schedule): SafeHtml {
  return html`<form method="post" action="${schedulePath(name)}/turn"><input type="hidden" name="enabled" value="${enabled ? 'no' : 'yes'}" />
      <button class="button">${enabled ? 'Turn off' : 'Turn on'}</button></form>
    <button class="button" ${opens('remove-schedule')}>Remove…</button>
    <noscript><a class="button plain" href="${schedulePath(name)}/remove">on its own page</a></noscript>`
}

type Times = { readonly shown: SafeHtml; readonly errors: FieldErrors }

/** The next times of a timing, or what is wrong with it. */
async function timesOf(visit: Visit, query: URLSearchParams): Promise<Times> {
  const timing = { cron: query.get('cron') ?? '', timezone: query.get('timezone') ?? '' }
  try {
    return { shown: nextTimesList(visit, await visit.client.getScheduleTimes(timing), timing.timezone), errors: {} }
  } catch (error) {
    const errors = fieldErrors(error, { 'querystring/cron': 'cron', 'querystring/timezone': 'timezone' })
    return { shown: timesError(errors), errors }
  }
}

const settingOf = ({ cron = '', timezone = '', billGroup = '' }: Readonly<Record<string, string>>) => ({
  cron: cron.trim(),
  timezone,
  billGroup: billGroup.trim(),
})

async function addSchedule(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const name = (form.name ?? '').trim()
  const refuse = (errors: FieldErrors) => listPage(visit, { form: { values: form, errors }, status: 422 })
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) return refuse({ name: '1 to 64 of A-Z a-z 0-9 . _ -' })
  if (await exists(visit, name)) return refuse({ name: `There is a schedule ${name} already` })
  try {
    await client.putSchedule(name, settingOf(form))
    return redirect(schedulePath(name), {
      tone: 'ok',
      strong: `${name} is on.`,
      text: 'Its first run is the next time below.',
    })
  } catch (error) {
    return refuse(fieldErrors(error))
  }
}

async function exists({ client }: Visit, name: string): Promise<boolean> {
  try {
    await client.getSchedule(name)
    return true
  } catch (error) {
    if (isApiError(error) && error.status === 404) return false
    throw error
  }
}

async function changeSchedule(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const name = nameOf(visit)
  try {
    const { enabled } = await client.getSchedule(name)
    await client.putSchedule(name, { ...settingOf(form), enabled })
    const text = 'A time that was missed before the change is not made up.'
    return redirect(schedulePath(name), { tone: 'ok', strong: `${name} is changed.`, text })
  } catch (error) {
    return onePage(visit, { form: { values: form, errors: fieldErrors(error) }, status: 422 })
  }
}

async function turnSchedule(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const name = nameOf(visit)
  const { cron, timezone, billGroup } = await client.getSchedule(name)
  const enabled = form.enabled === 'yes'
  await client.putSchedule(name, { cron, timezone, billGroup, enabled })
  return redirect(
    schedulePath(name),
    enabled
      ? { tone: 'ok', strong: `${name} is on.`, text: 'Its next times stand below.' }
      : {
          tone: 'ok',
          strong: `${name} is off.`,
          text: 'It starts no run until it is turned on again. Runs under way go on.',
        },
  )
}

async function removeSchedule(visit: Visit): Promise<Answer> {
  const name = nameOf(visit)
  const { reason = '' } = visit.form
  await visit.client.deleteSchedule(name, reason.trim() === '' ? {} : { reason })
  return redirect('/schedules', { tone: 'ok', strong: `${name} is removed.`, text: 'Its bill runs stay.' })
}
