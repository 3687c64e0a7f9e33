import { html, type SafeHtml } from '@remix-run/html-template'
import type { Operations } from '../../api/types.ts'
import { chart, chartFiles } from '../parts/chart.ts'
import { findingList } from '../parts/findings.ts'
import { heading } from '../parts/heading.ts'
import { withQuery } from '../parts/paging.ts'
import { type Page, type Pages, page, type Visit } from '../visit.ts'
import { homeCharts, lastTaken } from './home-charts.ts'
import { lastRuns, manyRuns } from './home-runs.ts'

const MAX_RUNS = 30

/** Home: whether anything is wrong, how the work goes on, and the last bill runs. */
export const homePages: Pages = ({ get }) => {
  get('/', 'read', homePage)
}

async function homePage(visit: Visit): Promise<Page> {
  const { client, query } = visit
  const [operations, history, runs] = await Promise.all([
    client.getOperations(),
    client.getOperationsHistory(),
    client.listBillRuns({ limit: MAX_RUNS }),
  ])
  const byKind = query.get('by') === 'kind'
  return page({
    title: operations.verdict.title,
    section: 'home',
    body: html`${heading({ title: operations.verdict.title, beside: lookedAt(visit, operations) })}
      <section class="sheet" id="findings" aria-label="What needs you">${findingList(visit, operations)}</section>
      <section aria-labelledby="work-title" class="work">
        <div class="line"><h2 id="work-title">Work of 24 hours</h2><p class="hint" id="taken">${lastTaken(operations, visit.now)}</p>
          <a class="hint" href="${withQuery(visit.url, { by: byKind ? undefined : 'kind' })}">${byKind ? 'All together' : 'By kind'}</a></div>
        <div class="charts four">${homeCharts(visit, { operations, history, byKind }).map((one) => chart(visit, one))}</div>
      </section>
      ${lastRuns(visit, operations, runs.data)}
      ${manyRuns(visit, runs.data)}
      ${chartFiles()}`,
  })
}

function lookedAt({ preferences: { zone } }: Visit, { at }: Operations): SafeHtml {
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(new Date(at))
  return html`<p class="hint" id="looked">Looked at ${time}</p>`
}
