import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Info, parse } from 'csv-parse'
import { CommandError } from '../command-error.ts'
import type { Source } from './source.ts'

/** A row of the file: its fields by the names that the file gives them, or why it cannot be read. */
export type Row = {
  /** Where it begins: 1 is the first line of the file. */
  readonly line: number
  /** As it stands in the file, for --rejects: cells of a CSV, or the line of NDJSON. */
  readonly given: readonly string[]
  readonly fields: Readonly<Record<string, unknown>>
  readonly unreadable?: string
}

/** No row is longer; a quote that is not closed would take in the rest of the file. */
const MAX_ROW_BYTES = 65_536

/** Reads a file row by row, whatever its size. */
export function readRows(source: Source): AsyncIterable<Row> {
  return source.format === 'csv' ? readCsv(source) : readNdjson(source)
}

/** The first row of a CSV: the names of its columns. NDJSON has none. */
export async function readHeading(source: Source): Promise<readonly string[] | undefined> {
  if (source.format !== 'csv') return undefined
  for await (const { record } of records(source)) return record
  throw new CommandError('the file is empty')
}

type Parsed = { readonly info: Info; readonly record: readonly string[] }

async function* records(source: Source): AsyncGenerator<Parsed> {
  const parser = parse({
    bom: true,
    info: true,
    delimiter: await delimiterOf(source),
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: MAX_ROW_BYTES,
  })
  const file = createReadStream(source.path)
  file.once('error', (error) => parser.destroy(error))
  try {
    for await (const parsed of file.pipe(parser)) yield parsed as Parsed
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!code.startsWith('CSV_')) throw error
    throw new CommandError(`the file is no CSV that can be read: ${(error as Error).message}`)
  } finally {
    file.destroy()
  }
}

/** A comma, unless the first line has more semicolons or tabs, as files from spreadsheets have. */
async function delimiterOf({ path }: Source): Promise<string> {
  for await (const line of createInterface({ input: createReadStream(path, { end: MAX_ROW_BYTES }) })) {
    const count = (delimiter: string) => line.split(delimiter).length
    return [',', ';', '\t'].reduce((most, one) => (count(one) > count(most) ? one : most))
  }
  return ','
}

async function* readCsv(source: Source): AsyncGenerator<Row> {
  let heading: readonly string[] | undefined
  for await (const { info, record } of records(source)) {
    if (heading === undefined) {
      heading = record
      continue
    }
    const names = heading
    const line = info.lines - record.reduce((breaks, cell) => breaks + (cell.split('\n').length - 1), 0)
    const fields = Object.fromEntries(names.map((name, at) => [name, record[at]]))
    const differs = record.length !== names.length
    const unreadable = `has ${record.length} fields, and the first line ${names.length}`
    yield { line, given: record, fields, ...(differs ? { unreadable } : {}) }
  }
}

async function* readNdjson({ path }: Source): AsyncGenerator<Row> {
  let line = 0
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const text of lines) {
    line += 1
    if (text.trim() === '') continue
    const fields = parseObject(text.replace(/^\ufeff/, ''))
    yield { line, given: [text], fields: fields ?? {}, ...(fields ? {} : { unreadable: 'is no JSON object' }) }
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
