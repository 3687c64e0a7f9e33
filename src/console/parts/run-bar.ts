import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun } from '../../api/types.ts'
import { countText } from './money.ts'
import { dealtWithOf, isUnderWay } from './run-progress.ts'

type Segment = { readonly name: string; readonly tone: string; readonly count: number }

/** A run as a bar in segments, and the same in words. While accounts are still being selected, what is not reached yet is hatched. */
export function runBar(run: BillRun): SafeHtml {
  const { accounts, billed, nothingToBill, failed } = run.progress
  const left = Math.max(0, accounts - dealtWithOf(run))
  const segments: readonly Segment[] = [
    { name: 'billed', tone: 'ok', count: billed },
    { name: 'nothing to bill', tone: 'none', count: nothingToBill },
    { name: 'failed', tone: 'bad', count: failed },
  ]
  const shown = segments.filter(({ count }) => count > 0)
  const rest = isUnderWay(run) ? 'not begun' : 'never begun'
  const words = [...shown, ...(left > 0 ? [{ name: rest, tone: 'rest', count: left }] : [])]
  let at = 0
  const rects = shown.map(({ tone, count }) => {
    const from = at
    at += (count / Math.max(accounts, 1)) * 100
    // However few failed, they are seen.
    const seen =
      tone === 'bad'
        ? html`<rect class="bad" x="${percent(Math.min(from, 99.7))}" y="0" width="3" height="100%"></rect>`
        : ''
    return html`<rect class="${tone}" x="${percent(from)}" y="0" width="${percent(at - from)}" height="100%"></rect>${seen}`
  })
  const hatched = run.selecting
    ? html`<rect class="hatched" x="${percent(at)}" y="0" width="${percent(100 - at)}" height="100%" fill="url(#hatch)"></rect>`
    : ''
  return html`<div class="run-bar">
    <svg width="100%" height="14" role="img" aria-label="${words.map(({ name, count }) => `${countText(count)} ${name}`).join(', ') || 'nothing yet'}">
      <defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V8" /></pattern></defs>
      ${rects}${hatched}
    </svg>
    <ul aria-hidden="true">${words.map(({ name, tone, count }) => html`<li class="${tone}">${countText(count)} ${name}</li>`)}${
      run.selecting ? html`<li class="rest">accounts are still being selected</li>` : ''
    }</ul>
  </div>`
}

const percent = (share: number) => `${Math.round(share * 100) / 100}%`
