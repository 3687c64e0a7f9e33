import { gzipSync } from 'node:zlib'
import getPort from 'get-port'
import { idsIn } from '../../test/support/every-list.ts'
import { idOf, type Sizes } from '../../test/support/filled.ts'
import { apiReady } from '../in-time.ts'
import { fillLists, sizesFor } from '../lists/fill-lists.ts'
import { percentile } from '../percentile.ts'
import { memoryMb } from '../processes.ts'
import type { Servers } from '../servers.ts'
import { startProcesses } from '../worker-processes.ts'

type MeasuredPage = { readonly what: string; readonly median: number; readonly p95: number; readonly kb: number }

export type PagesReport = {
  readonly sizes: Sizes
  readonly pages: readonly MeasuredPage[]
  /** Of the API's process afterwards, in MB. */
  readonly memory: number
}

const API_KEY = 'the-key-of-the-benchmark'
const WARM_UP = 5

/** Fills a database for so many accounts and asks for the console's pages in it, each `times`, one at a time, as somebody who is signed in. */
export async function benchPages(
  servers: Servers,
  accounts: number,
  times: number,
  say: (line: string) => void,
): Promise<PagesReport> {
  const sizes = sizesFor(accounts)
  say(`filling a database: ${accounts} accounts, ${sizes.invoices} invoices`)
  const databaseUrl = await fillLists(servers, sizes)
  const port = await getPort({ host: '127.0.0.1' })
  const env = { PORT: String(port), DATABASE_URL: databaseUrl, BOOTSTRAP_API_KEY: API_KEY, LOG_LEVEL: 'warn' }
  const processes = startProcesses(['src/cli.ts api'], env)
  try {
    await apiReady(port)
    const baseUrl = `http://127.0.0.1:${port}`
    const headers = { cookie: await signIn(baseUrl), 'accept-encoding': 'identity' }
    const pages: MeasuredPage[] = []
    for (const [what, path] of Object.entries(pagesIn(sizes))) {
      say(what)
      pages.push({ what: `${what}: ${path}`, ...(await measurePage(`${baseUrl}${path}`, headers, times)) })
    }
    return { sizes, pages, memory: await memoryMb(processes.pids[0] as number) }
  } finally {
    await processes.stop()
  }
}

/** The pages that people open most, and those that might be slow. */
function pagesIn(sizes: Sizes): Readonly<Record<string, string>> {
  const { accountId, billRunId } = idsIn(sizes)
  const account = `/accounts/${accountId}`
  return {
    home: '/',
    accounts: '/accounts',
    'search by a word': '/search?q=account',
    'search, as one types': '/search/options?q=acc',
    statement: account,
    'credits of an account': `${account}/credits`,
    'an opened credit': `/accounts/account-2502/credits/${idOf('credit', 2_501)}`,
    'all credits': '/credits',
    'unpaid invoices': '/invoices?status=unpaid',
    'overdue invoices': '/invoices?status=overdue',
    'an invoice': `/invoices/${Math.round(sizes.invoices / 2)}`,
    'bill runs': '/bill-runs',
    'a bill run': `/bill-runs/${billRunId}`,
    work: '/work',
    'failed work': '/work?status=failed',
    activity: '/activity',
    reconciliations: '/reconciliations',
  }
}

async function signIn(baseUrl: string): Promise<string> {
  const answer = await fetch(`${baseUrl}/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
  })
  const { token } = (await answer.json()) as { token: string }
  return `nightbill=${token}`
}

async function measurePage(
  url: string,
  headers: Record<string, string>,
  times: number,
): Promise<Omit<MeasuredPage, 'what'>> {
  const ms: number[] = []
  let text = ''
  for (let time = 0; time < WARM_UP + times; time += 1) {
    const begun = performance.now()
    const answer = await fetch(url, { headers })
    text = await answer.text()
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 500)}`)
    if (time >= WARM_UP) ms.push(performance.now() - begun)
  }
  return { median: percentile(ms, 0.5), p95: percentile(ms, 0.95), kb: gzipSync(text).length / 1_024 }
}
