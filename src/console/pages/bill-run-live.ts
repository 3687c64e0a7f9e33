import { html } from '@remix-run/html-template'
import type { BillRun } from '../../api/types.ts'
import { openPageStream } from '../page-stream.ts'
import { dealtWithOf, isUnderWay, withSample } from '../parts/run-progress.ts'
import { type Answer, answered, type Visit } from '../visit.ts'
import { cancelSays, readShownRun, runBody, runPageTitle, type ShownRun } from './bill-run.ts'

/** The figures are made anew so often though nothing changed: the rate falls when a run stands still. */
const TICK_MS = 1_000

/**
 * The part of a run's page that changes, as Server-Sent Events: the same HTML that the page was first made with, for as long as the run goes on.
 * At its end comes the event `done`. When the API's own stream ends early this one does too, and the browser opens it again.
 */
export async function billRunLive(visit: Visit): Promise<Answer> {
  const { client, params, request } = visit
  const billRunId = params.billRunId as string
  let shown = await readShownRun(visit, billRunId)
  const { signal, send, finish } = openPageStream(visit)

  const show = () => {
    const now = { ...visit, now: new Date() }
    send(html`<title>${runPageTitle(shown.run)} · Nightbill</title>${runBody(now, shown)}${oneMore(shown.run)}`)
  }
  const timer = setInterval(show, TICK_MS)
  try {
    for await (const run of client.watchBillRun(billRunId, { signal, once: true })) {
      shown = await withRun(visit, shown, run)
      show()
    }
  } catch (error) {
    request.log.warn({ err: error, billRunId }, 'stopped following a bill run')
  } finally {
    clearInterval(timer)
    finish(!isUnderWay(shown.run))
  }
  return answered
}

/** The run as it is now. Its failures are read again when there are more or fewer of them. */
async function withRun({ client }: Visit, shown: ShownRun, run: BillRun): Promise<ShownRun> {
  const isSame = run.progress.failed === shown.run.progress.failed
  const groups = isSame ? shown.groups : (await client.getBillRunFailureGroups(run.billRunId)).data
  const samples = withSample(shown.samples, { at: Date.now(), dealtWith: dealtWithOf(run) })
  return { ...shown, run, groups, samples }
}

/** What stands in the dialog that cancels it, which is not made anew itself: somebody may be writing in it. */
const oneMore = (run: BillRun) =>
  isUnderWay(run) ? html`<p id="cancel-says" hx-swap-oob="true">${cancelSays(run)}</p>` : ''
