import { html, type SafeHtml } from '@remix-run/html-template'
import type { Schedule, ScheduleTimes } from '../../api/types.ts'
import { keepButton } from '../parts/dialog.ts'
import { EMPTY_FORM, errorSummary, type FieldErrors, type FormState, field } from '../parts/form.ts'
import { schedulePath } from '../parts/paths.ts'
import { dayIn, shortDay } from '../parts/time.ts'
import { timeFormat } from '../parts/time-format.ts'
import { timeZones } from '../parts/time-zones.ts'
import type { Visit } from '../visit.ts'

const LABELS = { name: 'Name', cron: 'Cron', timezone: 'Time zone', billGroup: 'Bill group' } as const

/** The timing that a new schedule is proposed. */
export const DEFAULT_CRON = '0 2 * * *'

type DueTime = Schedule['nextTimes'][number]

/** A time at which a schedule is due, in its own zone; in the reader's in the title. A change of the clocks on that date is marked. */
export function dueTime({ preferences: { zone } }: Visit, { at, clockChange }: DueTime, timezone: string): SafeHtml {
  const title = `${momentIn(zone, at)} in ${zone}, ${at.replace('T', ' ').replace(/\.\d+/, '')}`
  return html`<time datetime="${at}" title="${title}">${momentIn(timezone, at)}</time>${
    clockChange === null ? '' : html` <span class="hint">clocks go ${clockChange}</span>`
  }`
}

function momentIn(zone: string, at: string): string {
  const time = new Date(at)
  const part = (options: Intl.DateTimeFormatOptions) => timeFormat(zone, options).format(time)
  return `${part({ weekday: 'short' })} ${shortDay(dayIn(zone, time))}, ${part({ hour: '2-digit', minute: '2-digit' })}`
}

/** The next times of a timing, with the bill date of each. */
export function nextTimesList(visit: Visit, { cronInWords, nextTimes }: ScheduleTimes, timezone: string): SafeHtml {
  return html`<div class="times">
    <p><b>${cronInWords ?? 'Next times'}</b></p>
    <ol>${nextTimes.map(
      (time, index) =>
        html`<li>${dueTime(visit, time, timezone)}${
          nextTimes[index - 1]?.billDate === time.billDate
            ? html` <span class="hint">no second run on one date</span>`
            : ''
        }</li>`,
    )}</ol>
    ${nextTimes.length === 0 ? html`<p>They cannot be computed in ${timezone}.</p>` : ''}
    <p class="hint">In ${timezone}. Each run bills as of its date there.</p>
  </div>`
}

/** Where the next times stand, which a script brings up to date while one types. */
export const timesBox = (times: SafeHtml): SafeHtml => html`<div id="times" aria-live="polite">${times}</div>`

/** What is wrong with a timing that is being typed. */
export const timesError = (errors: FieldErrors): SafeHtml =>
  html`<div class="times"><p class="error">${Object.entries(errors).map(
    ([name, message]) => html`${LABELS[name as 'cron'] ?? name}: ${message}. `,
  )}</p></div>`

/**
 * The form that adds a schedule, or changes one. While one types, a script shows the next times in the page's timesBox, which stands in the form when it is
 * given `times`; a button does it without.
 */
export function scheduleForm(
  visit: Visit,
  form: FormState,
  { name, times }: { readonly name?: string; readonly times?: SafeHtml },
): SafeHtml {
  const action = name === undefined ? '/schedules' : schedulePath(name)
  return html`<form class="form" method="post" action="${action}" novalidate
      hx-get="/schedule-times" hx-trigger="input delay:300ms" hx-target="#times" hx-swap="innerHTML">
    ${errorSummary(form, LABELS)}
    <p class="hint">A red edge marks what is required.</p>
    ${name === undefined ? field(form, { name: 'name', label: LABELS.name, required: true, maxLength: 64, hint: 'Such as nightly. It names its runs too' }) : ''}
    ${field(form, { name: 'cron', label: LABELS.cron, required: true, maxLength: 100, value: DEFAULT_CRON, hint: 'Five fields: minute, hour, day of month, month, day of week' })}
    ${field(form, { name: 'timezone', label: LABELS.timezone, required: true, value: visit.preferences.zone, options: timeZones(form.values.timezone) })}
    ${field(form, { name: 'billGroup', label: LABELS.billGroup, required: true, maxLength: 64, value: 'default' })}
    ${times === undefined ? '' : timesBox(times)}
    <div class="actions">
      ${name === undefined ? keepButton('add-schedule', 'Cancel') : ''}
      <noscript><button class="button" formmethod="get" formaction="${action}">Show the next times</button></noscript>
      <button class="button primary">${name === undefined ? 'Add the schedule' : 'Save'}</button>
    </div>
  </form>`
}

/** Asks before a schedule is removed. */
export function removeForm(name: string): SafeHtml {
  return html`<form method="post" action="${schedulePath(name)}/remove">
    <p>It starts no more runs. The runs that it has started stay, and go on. To bring it back, add it again.</p>
    ${field({ ...EMPTY_FORM, id: 'remove' }, { name: 'reason', label: 'Reason (optional)', hint: 'For the activity', maxLength: 500 })}
    <div class="actions">${keepButton('remove-schedule', 'Keep the schedule', true)}<button class="button danger">Remove ${name}</button></div>
  </form>`
}
