import { Readable } from 'node:stream'
import type { Query } from '../client/request.ts'
import { dayIn } from './parts/time.ts'
import { answered, type PageRoutes, type PageScope, type Visit } from './visit.ts'

/** A list of the API, and what filters it. */
export type CsvSource = { readonly list: `v1/${string}`; readonly query: Query }

/** Without it Excel reads the file in the encoding of its machine, and names come out wrong. */
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * A page's list as a file: all rows that match, at `<the page>.csv` with the page's own filters. `sourceOf` gives the list that the page shows.
 * It is passed on piece by piece; one that is cut short breaks the connection, so that a browser says that it failed.
 */
export function csvOf(
  { get }: PageRoutes,
  pagePath: string,
  sourceOf: (visit: Visit) => CsvSource,
  scope: PageScope = 'read',
): void {
  get(`${pagePath}.csv`, scope, async (visit) => {
    const { list, query } = sourceOf(visit)
    const pieces = visit.client.streamCsv(list, query)
    // A refusal comes before anything is sent, and is a page.
    const first = await pieces.next()
    visit.reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${nameOf(visit)}"`)
      .send(Readable.from(marked(first.value ?? undefined, pieces)))
    return answered
  })
}

async function* marked(first: Uint8Array | undefined, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    yield Buffer.concat([Buffer.from(BYTE_ORDER_MARK), first ?? Buffer.alloc(0)])
    for await (const piece of rest) yield Buffer.from(piece)
  } finally {
    await rest.return(undefined)
  }
}

/** `acme-credits-2026-11-30.csv`: by the words of the address, without `accounts` and the like, and the reader's date. */
function nameOf({ url, params, preferences: { zone }, now }: Visit): string {
  const last =
    url.pathname
      .split('/')
      .at(-1)
      ?.replace(/\.csv$/, '') ?? 'list'
  const words = [...Object.values(params), last].map((word) => word.replace(/[^A-Za-z0-9_.-]/g, '_'))
  return `${words.join('-')}-${dayIn(zone, now)}.csv`
}
