import { html, type SafeHtml } from '@remix-run/html-template'
import type { AuditEntry } from '../../api/types.ts'
import type { Visit } from '../visit.ts'
import { empty } from './empty.ts'
import { moment } from './time.ts'

/** What was done, in words. What is not named here is shown as it is stored. */
const ACTIONS: Readonly<Record<string, string>> = {
  'account.create': 'Account created',
  'bill-run.cancel': 'Bill run cancelled',
  'bill-run.retry': 'Bill run retried',
  'bill-run.start': 'Bill run started',
  'charge.record': 'Charges recorded',
  'credit.delete': 'Credit deleted',
  'credit.disburse': 'Disbursed by hand',
  'credit.request': 'Credit added',
  'job.retry': 'Request retried',
  'key.create': 'Key made',
  'key.revoke': 'Key revoked',
  'reconciliation.request': 'Proof asked for',
  'reversal.cancel': 'Reversal cancelled',
  'reversal.request': 'Reversal asked for',
  'schedule.delete': 'Schedule removed',
  'schedule.set': 'Schedule set',
  'session.end': 'Signed out',
  'session.start': 'Signed in',
}

/** What was done, in words. */
export const actionText = (action: string): string => ACTIONS[action] ?? action

/** Who did something: the name of its key; else the schedule or the person at the command line, whom the detail names. */
export const actorText = ({ keyName, source }: AuditEntry): string =>
  keyName ?? (source === 'schedule' ? 'a schedule' : 'the command line')

/** Who did what to one thing, newest first, and why. */
export function activityTable(visit: Visit, entries: readonly AuditEntry[]): SafeHtml {
  if (entries.length === 0) return empty('Nothing was done to it yet.')
  return html`<table class="stacked">
    <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Who</th><th scope="col">Why</th></tr></thead>
    <tbody>${entries.map(
      (
        entry,
      ) => html`<tr><td class="nowrap">${moment(entry.at, visit)}</td><th scope="row" class="first">${actionText(entry.action)}</th>
        <td>${actorText(entry)}</td><td class="wide">${entry.reason ?? ''}</td></tr>`,
    )}</tbody>
  </table>`
}
