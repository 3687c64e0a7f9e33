import type { Finding, Operations } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { groupThousands } from './format-money.ts'
import { renderTable, type TableOptions } from './render-table.ts'
import { shortId } from './short-id.ts'
import { shortTime } from './short-time.ts'
import { statusOf } from './status.ts'

type Line = { readonly look: 'failed' | 'look' | 'ok' | 'note'; readonly text: string; readonly next: string }

const LOOKS = { bad: 'failed', attention: 'look', note: 'note' } as const

/**
 * Whether anything is wrong, the worst first, each with the command that shows more; then whether the books add up, what waits, and what is due
 * next. `url`: where the console is, for what no command shows.
 */
export function operationsText(operations: Operations, url: string, options: TableOptions = {}): string {
  const lines = [
    ...operations.findings.map(({ level, what, action }) => ({
      look: LOOKS[level],
      text: what,
      next: commandOf(action.target, url),
    })),
    ...booksOf(operations),
  ]
  const table = renderTable<Line>(
    [
      { title: '', value: ({ look }) => statusOf(look).sign, colour: ({ look }) => statusOf(look).colour },
      { title: '', value: ({ text }) => printable(text), cut: true },
      { title: '', value: ({ next }) => next },
    ],
    lines,
    { ...options, header: false },
  )
  return [table, ...restOf(operations)].filter((line) => line !== '').join('\n')
}

/** The last line of what was looked at: what was proved. A finding says it when there is nothing to be glad about. */
function booksOf({ findings, reconciliation: { last, request } }: Operations): readonly Line[] {
  if (request !== null) {
    const progress = request.rules === 0 ? '' : `, ${request.rulesChecked} of ${request.rules} rules`
    return [{ look: 'note', text: `The books are being proved${progress}`, next: '' }]
  }
  if (!last?.ok || findings.some(({ code }) => code === 'books_broken')) return []
  const rules = last.checks.length
  return [{ look: 'ok', text: `The books add up: ${rules} of ${rules} rules, ${shortTime(last.startedAt)}`, next: '' }]
}

const NAMES: Readonly<Record<string, string>> = { credit: 'credits', reversal: 'reversals', 'bill-batch': 'batches' }

function restOf({ now, nextRuns: [next] }: Operations): readonly string[] {
  const waiting = now.flatMap(({ kind, open }) =>
    kind === 'bill-run' ? [] : [`${groupThousands(open)} ${NAMES[kind] ?? printable(kind)}`],
  )
  const due = next
    ? `next     ${printable(next.schedule)}, ${printable(next.billGroup)}, ${timeIn(next.at, next.timezone)} ${next.timezone}`
    : 'next     no bill run: no schedule is on'
  return [`   waiting  ${waiting.join(' · ')}`, `   ${due}`]
}

/** A moment by the clock of a time zone: `30 Nov 02:00`. */
function timeIn(at: string, timeZone: string): string {
  const format = { timeZone, day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' } as const
  return new Intl.DateTimeFormat('en-GB', format).format(new Date(at)).replace(',', '')
}

/** What shows more of a finding: a command, or a page of the console. */
function commandOf({ kind, id, status, type }: Finding['action']['target'], url: string): string {
  const base = url.replace(/\/$/, '')
  switch (kind) {
    case 'readiness':
      return `${base}/readyz`
    case 'jobs':
      return `${base}/work?${new URLSearchParams({ ...(status ? { status } : {}), ...(type ? { type } : {}) })}`
    case 'bill-run':
      return id === null ? 'nightbill bill-run list' : `nightbill bill-run show ${shortId(id)}`
    case 'bill-run-failures':
      return id === null ? 'nightbill bill-run list' : `nightbill bill-run failures ${shortId(id)}`
    case 'schedule':
      return 'nightbill schedule list'
    case 'reconciliation':
      return id === null ? 'nightbill reconcile' : 'nightbill reconciliation list'
    case 'key':
      return 'nightbill key list'
  }
}
