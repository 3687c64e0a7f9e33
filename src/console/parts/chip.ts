import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, Credit } from '../../api/types.ts'
import { plural } from './time.ts'

export type Tone = 'idle' | 'go' | 'ok' | 'warn' | 'bad' | 'rev'

/** A state: its sign, its word, and its colour, in that order of trust. */
export function chip(tone: Tone, sign: string, text: string): SafeHtml {
  return html`<span class="chip ${tone}"><span class="sign" aria-hidden="true">${sign}</span>${text}</span>`
}

const CREDIT_CHIPS: Readonly<Record<Credit['status'], readonly [Tone, string, string]>> = {
  pending: ['idle', '○', 'Pending'],
  issued: ['go', '●', 'Issued'],
  reversal_pending: ['rev', '◐', 'Reversal pending'],
  reversed: ['rev', '↩', 'Reversed'],
  deleted: ['idle', '✕', 'Deleted'],
}

export const creditChip = (status: Credit['status']): SafeHtml => chip(...CREDIT_CHIPS[status])

/** A credit that was accepted, and is recorded in a moment. */
export const acceptedChip = (): SafeHtml => chip('idle', '○', 'Accepted')

/** An invoice: paid, unpaid, or how long it is overdue. `overdueDays`: days after its due date, negative before. */
export function invoiceChip(status: 'paid' | 'unpaid', overdueDays: number): SafeHtml {
  if (status === 'paid') return chip('ok', '✓', 'Paid')
  return overdueDays > 0 ? chip('bad', '▲', `Overdue ${plural(overdueDays, 'day')}`) : chip('idle', '○', 'Unpaid')
}

/** A bill run. Runs wax like the moon; a notch is missing when accounts failed. */
export function billRunChip({ status, progress }: Pick<BillRun, 'status' | 'progress'>): SafeHtml {
  switch (status) {
    case 'queued':
      return chip('idle', '○', 'Queued')
    case 'running':
      return chip('go', '◐', 'Running')
    case 'completed':
      return chip('ok', '●', 'Completed')
    case 'completed_with_failures':
      return chip('warn', '◕', `Completed, ${plural(progress.failed, 'failed', 'failed')}`)
    case 'cancelled':
      return chip('idle', '■', 'Cancelled')
  }
}
