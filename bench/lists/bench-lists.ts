import getPort from 'get-port'
import { combinations, everyList, idsIn } from '../../test/support/every-list.ts'
import type { Sizes } from '../../test/support/filled.ts'
import { fill } from '../../test/support/seeded-service.ts'
import { apiReady } from '../in-time.ts'
import { memoryMb, peakMemoryMb } from '../processes.ts'
import type { Servers } from '../servers.ts'
import { startProcesses } from '../worker-processes.ts'
import { fillLists, PENDING_ACCOUNT, sizesFor } from './fill-lists.ts'
import { type Api, type MeasuredRequest, measureRequest } from './measure-request.ts'

export type ListsReport = {
  readonly sizes: Sizes
  /** Each list with each combination of its filters: the first page, and one far behind. */
  readonly lists: readonly (MeasuredRequest & { readonly path: string })[]
  /** What is asked of the account with many charges on one invoice, and of that with as many pending. */
  readonly large: readonly MeasuredRequest[]
  /** Of the API's process, in MB: before what is large, after it, and at most. */
  readonly memory: { readonly before: number; readonly after: number; readonly peak: number }
}

const API_KEY = 'the-key-of-the-benchmark'

/** Fills a database for so many accounts and measures the API's lists in it, each request `times`, one at a time. */
export async function benchLists(
  servers: Servers,
  accounts: number,
  times: number,
  say: (line: string) => void,
): Promise<ListsReport> {
  const sizes = sizesFor(accounts)
  say(`filling a database: ${accounts} accounts, ${sizes.invoices} invoices, as many charges, ${sizes.credits} credits`)
  const databaseUrl = await fillLists(servers, sizes)
  const port = await getPort({ host: '127.0.0.1' })
  const env = { PORT: String(port), DATABASE_URL: databaseUrl, BOOTSTRAP_API_KEY: API_KEY, LOG_LEVEL: 'warn' }
  const processes = startProcesses(['src/cli.ts api'], env)
  try {
    await apiReady(port)
    const api = { url: `http://127.0.0.1:${port}`, apiKey: API_KEY }
    const pid = processes.pids[0] as number
    const lists = await measureLists(api, sizes, times, say)
    const before = await memoryMb(pid)
    const large = await measureLarge(api, sizes, times)
    const memory = { before, after: await memoryMb(pid), peak: await peakMemoryMb(pid) }
    return { sizes, lists, large, memory }
  } finally {
    await processes.stop()
  }
}

async function measureLists(
  api: Api,
  sizes: Sizes,
  times: number,
  say: (line: string) => void,
): Promise<ListsReport['lists']> {
  const measured: (MeasuredRequest & { path: string })[] = []
  for (const [path, { filters, middle }] of Object.entries(everyList(sizes))) {
    say(path)
    const at = fill(path, idsIn(sizes))
    for (const query of combinations(filters)) {
      for (const [page, cursor] of [
        ['first page', ''],
        ['far behind', `&cursor=${Buffer.from(middle).toString('base64url')}`],
      ] as const) {
        const what = `${path}?${query.slice(1)}, ${page}`
        const { answer: _, ...timed } = await measureRequest(
          api,
          { what, path: `${at}?${`${query}${cursor}`.slice(1)}` },
          times,
        )
        measured.push({ path, ...timed })
      }
    }
  }
  return measured
}

async function measureLarge(api: Api, sizes: Sizes, times: number): Promise<readonly MeasuredRequest[]> {
  const { invoiceId } = idsIn(sizes)
  const { middle } = everyList(sizes)['/v1/invoices/{invoiceId}/transactions'] as { middle: string }
  const invoice = `/v1/invoices/${invoiceId}`
  const cursor = Buffer.from(middle).toString('base64url')
  const preview = { accountIds: [PENDING_ACCOUNT], billDate: '2026-11-01' }
  const requests = [
    { what: 'GET the invoice', path: invoice },
    { what: 'its lines, first page', path: `${invoice}/transactions` },
    { what: 'its lines, far behind', path: `${invoice}/transactions?cursor=${cursor}` },
    { what: 'GET the account with pending charges', path: `/v1/accounts/${PENDING_ACCOUNT}` },
    { what: 'preview of its invoice', path: '/v1/bill-runs/preview', body: preview },
    { what: 'its invoices', path: `/v1/invoices?accountId=${PENDING_ACCOUNT}` },
  ]
  const measured: MeasuredRequest[] = []
  for (const request of requests) {
    const { answer: _, ...one } = await measureRequest(api, request, times)
    measured.push(one)
  }
  return measured
}
