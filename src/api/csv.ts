import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import type { PageAnswer } from './paging.ts'
import { today } from './today.ts'

type JsonSchema = {
  readonly type?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
}

/**
 * The columns of a list's rows: the fields of their schema, and those of an object among them as `object.field`. A list of objects, such
 * as the lines of an invoice, is no column.
 */
export const csvColumns = (item: TSchema): readonly string[] => columnsAt(item as JsonSchema, '')

function columnsAt(schema: JsonSchema, path: string): readonly string[] {
  const { type, properties, items } = schema.anyOf?.find((one) => one.type !== 'null') ?? schema
  if (properties) {
    const fields = Object.entries(properties)
    return fields.flatMap(([name, field]) => columnsAt(field, path === '' ? name : `${path}.${name}`))
  }
  return type === 'object' || items?.type === 'object' ? [] : [path]
}

/** How a list is answered as CSV. */
export type CsvList = {
  readonly columns: readonly string[]
  /** What the file is called, without its date and ending. */
  readonly name: string
  /** Reads the page that the request asks for, or the one after a cursor. */
  readonly read: (cursor?: string) => Promise<PageAnswer<unknown>>
  /** Whether only the first page is wanted. */
  readonly onePage: boolean
}

/**
 * Answers with the rows of a list as CSV. A page is read when the one before it is taken, so one page is kept in memory, however many rows
 * and however slow the reader. An error after the first page breaks the connection: what was cut short is never taken for the whole.
 */
export async function sendCsv(request: FastifyRequest, reply: FastifyReply, list: CsvList): Promise<void> {
  const first = await list.read()
  reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${list.name}-${today()}.csv"`)
  const body = request.method === 'HEAD' ? '' : Readable.from(logged(request, pagesOfCsv(list, first)))
  // Fastify sends what a handler returns. The reply itself would be waited for, and fail when the reader goes away. To the types of a route it
  // is nothing: they know of JSON alone.
  return body as unknown as undefined
}

async function* pagesOfCsv({ columns, read, onePage }: CsvList, first: PageAnswer<unknown>): AsyncGenerator<string> {
  yield csvText(columns, first.data, true)
  let cursor = onePage ? null : first.nextCursor
  while (cursor !== null) {
    const page = await read(cursor)
    yield csvText(columns, page.data, false)
    cursor = page.nextCursor
  }
}

/** Logs what cuts it short: the answer has begun, so that nobody can be told any more. */
async function* logged(request: FastifyRequest, pages: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    yield* pages
  } catch (error) {
    request.log.warn({ err: error, requestId: request.id }, 'a list as CSV was cut short')
    throw error
  }
}

/** RFC 4180. A text that a spreadsheet would take for a formula has an apostrophe before it. */
function csvText(columns: readonly string[], rows: readonly unknown[], header: boolean): string {
  return stringify([...rows], {
    header,
    columns: [...columns],
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { boolean: String, object: (list) => (list as unknown as readonly string[]).join(' ') },
  })
}

/** Whether a request's Accept asks for CSV, and does not rather ask for JSON. */
export function prefersCsv(accept: string | undefined): boolean {
  const weights = new Map((accept ?? '').split(',').map(weightOf))
  const csv = weights.get('text/csv') ?? 0
  return csv > 0 && csv >= (weights.get('application/json') ?? 0)
}

/** A media type of an Accept header, and its weight. */
function weightOf(range: string): readonly [string, number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((one) => one.startsWith('q='))
  return [type, weight === undefined ? 1 : Number(weight.slice(2))]
}
