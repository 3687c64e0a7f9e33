import { randomUUID } from 'node:crypto'
import { html } from '@remix-run/html-template'
import type { Schedule } from '../../api/types.ts'
import { type ApiError, isApiError } from '../../client/api-error.ts'
import {
  EMPTY_FORM,
  errorSummary,
  type FieldErrors,
  type FormState,
  field,
  fieldErrors,
  tickBox,
} from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { billRunPath } from '../parts/paths.ts'
import { keysIn, type RunForm, requestOf } from '../parts/run-form.ts'
import { dayIn, plural } from '../parts/time.ts'
import { type Answer, type Page, page, redirect, type Visit } from '../visit.ts'

const LABELS = {
  group: 'Group',
  accounts: 'Named accounts',
  date: 'Bill date',
  name: 'Name',
  future: 'Far ahead',
} as const
/** The fields of the form, by what the API calls them. */
const NAMES = { billGroup: 'group', billDate: 'date', allowFuture: 'future' } as const

/** The form that starts a run: what, and as of when. Its first button shows what the run would make. */
export async function newBillRunPage(visit: Visit, form: FormState = formOf(visit), status = 200): Promise<Page> {
  const [groups, schedules] = await Promise.all([
    visit.client.listBillGroups({ limit: 500 }),
    visit.client.listSchedules(),
  ])
  const options = groups.data.map(
    ({ billGroup, accounts, atLeast }) =>
      [billGroup, `${billGroup} (${atLeast ? 'over ' : ''}${plural(accounts, 'account')})`] as const,
  )
  const group = form.values.group ?? options.find(([name]) => name === 'default')?.[0] ?? options[0]?.[0] ?? 'default'
  const proposed = proposedDate(visit, schedules.data, group)
  const isFuture = form.errors.date !== undefined || form.values.future === 'on'
  return page({
    title: 'Start a bill run',
    section: 'bill-runs',
    status,
    body: html`${heading({ crumbs: [['/bill-runs', 'Bill runs']], title: 'Start a bill run' })}
      <form class="form" method="get" action="/bill-runs/new/preview" novalidate>
        ${errorSummary(form, LABELS)}
        ${field(form, { name: 'group', label: LABELS.group, value: group, options: options.length === 0 ? [['default', 'default']] : options, hint: 'Every account of it that has something pending' })}
        ${field(form, { name: 'accounts', label: `${LABELS.accounts} (instead of a group)`, type: 'area', hint: 'Their keys, one a line or separated by commas. Leave it empty to bill the group.' })}
        ${field(form, { name: 'date', label: LABELS.date, type: 'date', required: true, value: proposed.date, hint: `Charges up to this date are billed. ${proposed.why}` })}
        ${isFuture ? tickBox(form, { name: 'future', label: 'This date is meant', hint: 'A date more than 31 days ahead is mostly a typing error.', checked: form.values.future === 'on' }) : ''}
        ${field(form, { name: 'name', label: `${LABELS.name} (optional)`, maxLength: 200 })}
        <div class="actions"><button class="button primary">Preview</button>
          <button class="button plain" formmethod="post" formaction="/bill-runs/new" name="idempotencyKey" value="${form.values.idempotencyKey ?? randomUUID()}">Start without preview</button></div>
      </form>`,
  })
}

/** The form as its address has it: a preview leads back here with all that was filled in. */
function formOf({ query }: Visit): FormState {
  return query.size === 0 ? EMPTY_FORM : { values: Object.fromEntries(query), errors: {} }
}

/** Today in the zone of the group's schedule; else in the reader's. */
function proposedDate({ now, preferences: { zone } }: Visit, schedules: readonly Schedule[], group: string) {
  const schedule = schedules.find(({ billGroup, enabled }) => billGroup === group && enabled)
  const where = schedule?.timezone ?? zone
  return {
    date: dayIn(where, now),
    why: schedule === undefined ? `Today in ${zone}.` : `Today in ${where}, the zone of the schedule ${schedule.name}.`,
  }
}

/** Starts the run that the form asks for, and shows its page. */
export async function startBillRun(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  try {
    const { billRunId } = await client.startBillRun(requestOf(form), { idempotencyKey: form.idempotencyKey })
    return redirect(billRunPath(billRunId), {
      tone: 'ok',
      strong: 'The run is accepted.',
      text: 'It begins at once, and goes on if this page is closed.',
    })
  } catch (error) {
    return newBillRunPage(visit, { values: form, errors: runErrors(error, form) }, 422)
  }
}

/** What is wrong with the form, by field. Accounts that are not known are named, all together. */
export function runErrors(error: unknown, form: RunForm): FieldErrors {
  if (isApiError(error) && error.code === 'account_not_found') return { accounts: unknownAccounts(error) }
  if (isApiError(error) && error.status === 400 && keysIn(form.accounts).length > 0) {
    const [at] = error.errors.flatMap(({ pointer }) => /^\/accountIds\/(\d+)$/.exec(pointer)?.[1] ?? [])
    if (at !== undefined)
      return { accounts: `“${keysIn(form.accounts)[Number(at)]}” is no account key: 1 to 64 of A-Z a-z 0-9 . _ : -` }
  }
  return fieldErrors(error, NAMES)
}

function unknownAccounts({ errors, message }: ApiError): string {
  const unknown = errors.map((one) => one.message.replace(/^there is no account /, ''))
  return unknown.length === 0
    ? message
    : `There ${unknown.length === 1 ? 'is no account' : 'are no accounts'} ${unknown.join(', ')}`
}
