import { html } from '@remix-run/html-template'
import type { BillRun } from '../../api/types.ts'
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
  const { client, params, reply } = visit
  const left = new AbortController()
  reply.raw.once('close', () => left.abort())
  const billRunId = params.billRunId as string
  let shown = await readShownRun(visit, billRunId)
  const send = openStream(visit)

  const show = () => {
    const now = { ...visit, now: new Date() }
    send(html`<title>${runPageTitle(shown.run)} · Nightbill</title>${runBody(now, shown)}${oneMore(shown.run)}`)
  }
  const timer = setInterval(show, TICK_MS)
  try {
    for await (const run of client.watchBillRun(billRunId, { signal: left.signal, once: true })) {
      shown = await withRun(visit, shown, run)
      show()
    }
    if (!isUnderWay(shown.run)) reply.raw.write('event: done\ndata: done\n\n')
  } finally {
    clearInterval(timer)
    reply.raw.end()
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

/** Answers with a stream. What has not changed is not sent again, and what the browser does not take in time is left out. */
function openStream({ reply, request }: Visit): (body: { toString(): string }) => void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-request-id': request.id,
    'cache-control': 'no-store',
    connection: 'close',
    'x-accel-buffering': 'no',
  })
  let sent = ''
  return (body) => {
    const text = String(body)
    // Each form has a new key each time: what differs by that alone is the same.
    const same = text.replace(/name="idempotencyKey" value="[^"]*"/g, '')
    if (same === sent || raw.writableNeedDrain || raw.destroyed) return
    sent = same
    raw.write(
      `${text
        .split('\n')
        .map((line) => `data: ${line}`)
        .join('\n')}\n\n`,
    )
  }
}
