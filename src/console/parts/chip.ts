import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, Credit, Job } from '../../api/types.ts'
import { SIGNS, type SignName } from './icons.ts'
import { plural } from './time.ts'

export type Tone = 'idle' | 'go' | 'ok' | 'warn' | 'bad' | 'rev'

/** A state: its sign, its word, and its colour, in that order of trust. */
export function chip(tone: Tone, sign: SignName, text: string): SafeHtml {
  return html`<span class="chip ${tone}">${SIGNS[sign]}${text}</span>`
}

const CREDIT_CHIPS: Readonly<Record<Credit['status'], readonly [Tone, SignName, string]>> = {
  pending: ['idle', 'ring', 'Pending'],
  issued: ['go', 'disc', 'Issued'],
  reversal_pending: ['rev', 'half', 'Reversal pending'],
  reversed: ['rev', 'back', 'Reversed'],
  deleted: ['idle', 'cross', 'Deleted'],
}

export const creditChip = (status: Credit['status']): SafeHtml => chip(...CREDIT_CHIPS[status])

/** A credit that was accepted, and is recorded in a moment. */
export const acceptedChip = (): SafeHtml => chip('idle', 'ring', 'Accepted')

/** An invoice: paid, unpaid, or how long it is overdue. `overdueDays`: days after its due date, negative before. */
export function invoiceChip(status: 'paid' | 'unpaid', overdueDays: number): SafeHtml {
  if (status === 'paid') return chip('ok', 'check', 'Paid')
  return overdueDays > 0
    ? chip('bad', 'triangle', `Overdue ${plural(overdueDays, 'day')}`)
    : chip('idle', 'ring', 'Unpaid')
}

/** A bill run. Runs wax like the moon; a notch is missing when accounts failed. */
export function billRunChip({ status, progress }: Pick<BillRun, 'status' | 'progress'>): SafeHtml {
  switch (status) {
    case 'queued':
      return chip('idle', 'ring', 'Queued')
    case 'running':
      return chip('go', 'half', 'Running')
    case 'completed':
      return chip('ok', 'disc', 'Completed')
    case 'completed_with_failures':
      return chip('warn', 'notched', `Completed, ${plural(progress.failed, 'failed', 'failed')}`)
    case 'cancelled':
      return chip('idle', 'square', 'Cancelled')
  }
}

/** An accepted credit or reversal. */
export function jobChip({ status, trouble }: Pick<Job, 'status' | 'trouble'>): SafeHtml {
  if (status === 'done') return chip('ok', 'check', 'Carried out')
  if (status === 'failed') return chip('bad', 'triangle', 'Failed')
  if (trouble) return chip('warn', 'notched', 'Held up')
  return status === 'active' ? chip('go', 'half', 'Under way') : acceptedChip()
}
