import type { Page, PageQuery } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { collectPages } from '../client/collect-pages.ts'
import { CommandError } from './command-error.ts'

/** How many of the newest objects are searched for the end of an id. An older one has to be named in full. */
const MAX_SEARCHED = 2_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const END_OF_UUID = /^[0-9a-f-]{8,35}$/i

type Kind<Row> = {
  readonly noun: string
  /** Lists the objects, the newest first. */
  readonly list: (page: PageQuery) => Promise<Page<Row>>
  readonly idOf: (row: Row) => string
  /** Names that `@last:<name>` may give. */
  readonly namesOf?: (row: Row) => readonly (string | null)[]
}

export const resolveCredit = (client: ApiClient, text: string) =>
  resolveId(text, { noun: 'credit', list: client.listCredits, idOf: ({ creditId }) => creditId })

export const resolveJob = (client: ApiClient, text: string) =>
  resolveId(text, { noun: 'job', list: client.listJobs, idOf: ({ jobId }) => jobId })

export const resolveBillRun = (client: ApiClient, text: string) =>
  resolveId(text, {
    noun: 'bill run',
    list: client.listBillRuns,
    idOf: ({ billRunId }) => billRunId,
    namesOf: ({ schedule, name, billGroup }) => [schedule, name, billGroup],
  })

/** An invoice by its number too, which is what people know. */
export async function resolveInvoice(client: ApiClient, text: string): Promise<string> {
  if (/^[1-9][0-9]{0,14}$/.test(text)) {
    const { data } = await client.listInvoices({ number: text, limit: 1 })
    if (data[0]) return data[0].invoiceId
    if (text.length < 8) throw new CommandError(`there is no invoice ${text}`)
  }
  return resolveId(text, { noun: 'invoice', list: client.listInvoices, idOf: ({ invoiceId }) => invoiceId })
}

/**
 * The whole id that a text means: itself, the newest (`@last`, `@last:<name>`), or the one of the newest MAX_SEARCHED that ends with it.
 * Throws a CommandError when there is none, or more than one. Any other text is left to the service to judge.
 */
export async function resolveId<Row>(text: string, kind: Kind<Row>): Promise<string> {
  if (UUID.test(text)) return text.toLowerCase()
  if (text === '@last') return newest(kind)
  if (text.startsWith('@last:')) return newestNamed(text.slice('@last:'.length), kind)
  if (!END_OF_UUID.test(text)) return text
  const { data, nextCursor } = await collectPages(kind.list, MAX_SEARCHED)
  const found = data.map(kind.idOf).filter((id) => id.endsWith(text.toLowerCase()))
  if (found.length === 1) return found[0] as string
  if (found.length > 1) throw new CommandError(`more than one ${kind.noun} ends with ${text}: give more of the id`)
  const among = nextCursor === null ? `no ${kind.noun}` : `none of the newest ${MAX_SEARCHED} ${kind.noun}s`
  throw new CommandError(`${among} ends with ${text}: give the whole id`)
}

async function newest<Row>({ noun, list, idOf }: Kind<Row>): Promise<string> {
  const [row] = (await list({ limit: 1 })).data
  if (row === undefined) throw new CommandError(`there is no ${noun} yet`)
  return idOf(row)
}

async function newestNamed<Row>(name: string, { noun, list, idOf, namesOf }: Kind<Row>): Promise<string> {
  if (!namesOf) throw new CommandError(`a ${noun} has no name: give its id, or @last`)
  let cursor: string | undefined
  for (let searched = 0; searched < MAX_SEARCHED; ) {
    const page = await list({ limit: 100, cursor })
    const row = page.data.find((one) => namesOf(one).includes(name))
    if (row !== undefined) return idOf(row)
    if (page.nextCursor === null) throw new CommandError(`there is no ${noun} of ${name}`)
    searched += page.data.length
    cursor = page.nextCursor
  }
  throw new CommandError(`none of the newest ${MAX_SEARCHED} ${noun}s is of ${name}`)
}
