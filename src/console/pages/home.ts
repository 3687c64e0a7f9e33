import { html } from '@remix-run/html-template'
import type { Operations, OperationsHistory } from '../../api/types.ts'
import { type LiveState, liveLine, sendLive } from '../live.ts'
import { chart, chartFiles, chartParts } from '../parts/chart.ts'
import { findingList } from '../parts/findings.ts'
import { heading } from '../parts/heading.ts'
import { withQuery } from '../parts/paging.ts'
import { timeFormat } from '../parts/time-format.ts'
import { type Page, type Pages, page, type Visit } from '../visit.ts'
import { homeCharts, lastTaken } from './home-charts.ts'
import { lastRuns, manyRuns } from './home-runs.ts'

const MAX_RUNS = 30
/** How often home is looked at, and how often its charts are drawn anew: they have a value a minute. */
const LOOK_MS = 5_000
const DRAW_MS = 60_000

/** Home: whether anything is wrong, how the work goes on, and the last bill runs. */
export const homePages: Pages = ({ get }) => {
  get('/', 'read', homePage)
  get('/live', 'read', (visit) => sendLive(visit, LOOK_MS, homeReader(visit)))
}

async function homePage(visit: Visit): Promise<Page> {
  const { client } = visit
  const [operations, history, runs] = await Promise.all([
    client.getOperations(),
    client.getOperationsHistory(),
    client.listBillRuns({ limit: MAX_RUNS }),
  ])
  const byKind = isByKind(visit)
  const { title } = operations.verdict
  return page({
    title,
    section: 'home',
    body: html`${heading({
      title: html`<span id="verdict">${title}</span>`,
      beside: html`<p class="hint">Looked at <span id="looked">${lookedAt(visit, operations)}</span>${liveLine(visit, byKind ? '/live?by=kind' : '/live', 'every 5 s')}</p>`,
    })}
      <section class="sheet" id="findings" aria-label="What needs you">${findingList(visit, operations)}</section>
      <section aria-labelledby="work-title">
        <div class="line"><h2 id="work-title">Work of 24 hours</h2><p class="hint" id="taken">${lastTaken(operations)}</p>
          <a class="hint" href="${withQuery(visit.url, { by: byKind ? undefined : 'kind' })}">${byKind ? 'All together' : 'By kind'}</a></div>
        <div class="charts four">${homeCharts(visit, { operations, history, byKind }).map((one) => chart(visit, one))}</div>
      </section>
      ${lastRuns(visit, operations, runs.data)}
      ${manyRuns(visit, runs.data)}
      ${chartFiles()}`,
  })
}

const isByKind = ({ query }: Visit) => query.get('by') === 'kind'

/** Reads what of home is live: the verdict and its findings, and the figures. Lists stay as they are under the reader's hand. */
function homeReader(visit: Visit): () => Promise<LiveState> {
  let history: OperationsHistory | undefined
  let readAt = 0
  return async () => {
    const operations = await visit.client.getOperations()
    if (history === undefined || performance.now() - readAt >= DRAW_MS) {
      history = await visit.client.getOperationsHistory()
      readAt = performance.now()
    }
    const now = { ...visit, now: new Date() }
    const charts = homeCharts(now, { operations, history, byKind: isByKind(visit) })
    return {
      title: operations.verdict.title,
      parts: [
        { id: 'verdict', inside: operations.verdict.title },
        { id: 'looked', inside: lookedAt(now, operations) },
        { id: 'findings', inside: findingList(now, operations) },
        { id: 'taken', inside: lastTaken(operations) },
        ...charts.flatMap((one) => chartParts(now, one)),
      ],
    }
  }
}

const lookedAt = ({ preferences: { zone } }: Visit, { at }: Operations): string =>
  timeFormat(zone, { timeStyle: 'medium' }).format(new Date(at))
