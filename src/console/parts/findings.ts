import { html, type SafeHtml } from '@remix-run/html-template'
import type { Finding, Operations } from '../../api/types.ts'
import type { Visit } from '../visit.ts'
import { ICONS } from './icons.ts'
import { countText } from './money.ts'
import { billRunPath, reconciliationPath, schedulePath } from './paths.ts'
import { moment } from './time.ts'

const LEVELS = {
  bad: ['bad', 'Bad'],
  attention: ['warn', 'Attention'],
  note: ['note', 'Note'],
} as const satisfies Readonly<Record<Finding['level'], readonly [icon: keyof typeof ICONS, word: string]>>

/** What is wrong, the worst first, each with one way to where it is mended; and always last whether the books add up. */
export function findingList(visit: Visit, operations: Operations): SafeHtml {
  return html`<ul class="findings">${operations.findings.map((finding) => item(visit, finding))}${books(visit, operations)}</ul>`
}

function item(visit: Visit, { level, what, why, since, action }: Finding): SafeHtml {
  const [icon, word] = LEVELS[level]
  return html`<li class="${level}">${ICONS[icon]}
    <div><p><span class="unseen">${word}: </span><b>${what}</b></p>
      <p class="hint">${why}${since === null ? '' : html` Since ${moment(since, visit)}.`}</p></div>
    <a class="button" href="${targetPath(action.target)}">${action.label}<span class="unseen">: ${what}</span></a></li>`
}

/** The last line: what was proved, when, and over how much. A finding says it when there is nothing to be glad about. */
function books(visit: Visit, { findings, reconciliation: { last, request } }: Operations): SafeHtml {
  if (request !== null) {
    const progress =
      request.rules === 0 ? 'It begins in a moment.' : `${request.rulesChecked} of ${request.rules} rules are checked.`
    return html`<li class="proving">${ICONS.note}<p><b>The books are being proved.</b> ${progress}</p><a class="button plain" href="/reconciliations">Proof</a></li>`
  }
  // A bill run's own rows may be broken since the whole was proved.
  if (last === null || findings.some(({ code }) => code === 'books_broken')) return html``
  const over = last.invoices === null ? '' : `, over ${countText(last.invoices)} invoices`
  return html`<li class="well">${ICONS.ok}
    <p><b>The books add up.</b> <span class="quiet-2">All ${last.checks.length} rules held at ${moment(last.startedAt, visit)}${over}</span></p>
    <a class="button plain" href="/reconciliations">Proof</a></li>`
}

/** The page on which something is mended. */
export function targetPath({ kind, id, status, type }: Finding['action']['target']): string {
  switch (kind) {
    case 'readiness':
      return '/readyz'
    case 'jobs':
      return `/work?${new URLSearchParams({ ...(status ? { status } : {}), ...(type ? { type } : {}) })}`
    case 'bill-run':
      return id === null ? '/bill-runs' : billRunPath(id)
    case 'bill-run-failures':
      return id === null ? '/bill-runs' : `${billRunPath(id)}/failures`
    case 'schedule':
      return id === null ? '/schedules' : schedulePath(id)
    case 'reconciliation':
      return id === null ? '/reconciliations' : reconciliationPath(Number(id))
    case 'key':
      return '/keys'
  }
}
