import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun } from '../../api/types.ts'
import type { Visit } from '../visit.ts'
import { type Figure, figures } from './figures.ts'
import { countText } from './money.ts'
import { billRunPath } from './paths.ts'
import { isUnderWay, type RunProgress } from './run-progress.ts'
import { clockText, tookText } from './time.ts'

/** The figures of a run: how far it is, what became of its accounts, how fast it goes, and when it is done or how long it took. */
export function runFigures(visit: Visit, run: BillRun, progress: RunProgress): SafeHtml {
  const { accounts, billed, nothingToBill, failed } = run.progress
  const path = billRunPath(run.billRunId)
  const invoices = `/invoices?run=${encodeURIComponent(run.billRunId)}`
  return figures([
    {
      label: 'Accounts dealt with',
      value: html`${countText(progress.dealtWith)}`,
      note: `of ${countText(accounts)}${run.selecting ? ' so far' : ''}`,
    },
    {
      label: 'Billed',
      value: billed === 0 ? zero() : html`<a href="${invoices}">${countText(billed)}</a>`,
    },
    { label: 'Nothing to bill', value: nothingToBill === 0 ? zero() : html`${countText(nothingToBill)}` },
    {
      label: 'Failed',
      value: failed === 0 ? zero() : html`<a href="${path}/failures">${countText(failed)}</a>`,
      ...(failed === 0 ? {} : { note: html`<a href="${path}/failures">why</a>` }),
    },
    ...(isUnderWay(run) ? speed(visit, progress) : took(run, progress)),
  ])
}

const zero = () => html`<span class="zero">0</span>`

function speed(visit: Visit, { rate, secondsLeft }: RunProgress): readonly Figure[] {
  return [
    {
      label: 'Rate',
      value: rate === undefined ? html`<span class="zero">–</span>` : html`${rateText(rate)}`,
      note: rate === undefined ? 'not known yet' : 'accounts/s',
    },
    secondsLeft === undefined
      ? {
          label: 'Done at about',
          value: html`<span class="zero">–</span>`,
          note: rate === 0 ? 'it stands still' : 'too early to say',
        }
      : { label: 'Done at about', ...doneAt(visit, secondsLeft) },
  ]
}

/** To the second within a minute, else to the minute. */
function doneAt({ now, preferences: { zone } }: Visit, secondsLeft: number): { value: SafeHtml; note: string } {
  const isSoon = secondsLeft <= 60
  const at = new Date(now.getTime() + secondsLeft * 1_000)
  const note = isSoon
    ? `in ${Math.max(1, Math.round(secondsLeft))} s`
    : secondsLeft < 5_400
      ? `in ${Math.round(secondsLeft / 60)} min`
      : `in ${Math.round(secondsLeft / 3_600)} h`
  return { value: html`${clockText(at, zone, isSoon)}`, note }
}

function took({ startedAt, finishedAt }: BillRun, { dealtWith }: RunProgress): readonly Figure[] {
  if (startedAt === null || finishedAt === null) return []
  const ms = Date.parse(finishedAt) - Date.parse(startedAt)
  const seconds = ms / 1_000
  return [
    { label: 'Took', value: html`${tookText(ms)}` },
    ...(seconds >= 1 && dealtWith > 0
      ? [{ label: 'Rate', value: html`${rateText(dealtWith / seconds)}`, note: 'accounts/s' }]
      : []),
  ]
}

const rateText = (rate: number) => (rate < 10 ? String(Math.round(rate * 10) / 10) : countText(Math.round(rate)))
