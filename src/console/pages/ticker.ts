import { html } from '@remix-run/html-template'
import type { BillRun } from '../../api/types.ts'
import { billRunChip } from '../parts/chip.ts'
import { billRunPath } from '../parts/paths.ts'
import { dealtWithOf } from '../parts/run-progress.ts'
import { runText } from '../parts/run-title.ts'
import { type Answer, fragment, type Visit } from '../visit.ts'

/**
 * The run that is under way, for the bar of every page. It asks for itself again while there is one. It is not a stream: a browser holds few
 * connections to one host, and the tab that comes too late would wait.
 */
export async function ticker({ client }: Visit): Promise<Answer> {
  const { data } = await client.listBillRuns({ status: 'running', limit: 1 })
  const [run] = data
  if (!run) return fragment(html`<span class="ticker" id="ticker"></span>`)
  return fragment(html`<a class="ticker" id="ticker" href="${billRunPath(run.billRunId)}" hx-get="/ticker" hx-trigger="every 10s"
    hx-swap="outerHTML">${billRunChip(run)}<span>${share(run)}</span></a>`)
}

/** `63 % of nightly`. */
function share(run: BillRun): string {
  const { accounts } = run.progress
  const name = run.schedule ?? runText(run)
  return run.selecting || accounts === 0
    ? `${name} begins`
    : `${Math.floor((dealtWithOf(run) * 100) / accounts)} % of ${name}`
}
