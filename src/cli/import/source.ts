import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CommandError } from '../command-error.ts'

/** A file to import. It is read more than once. */
export type Source = {
  readonly path: string
  /** As `{file}` of a reference; undefined for stdin. */
  readonly name: string | undefined
  readonly format: 'csv' | 'ndjson'
  /** SHA-256 of its content, in hex. */
  readonly hash: string
  /** Lines, as far as line ends tell: for progress. */
  readonly lines: number
}

/** Opens a file, or stdin for `-`, which is kept in a temporary file until the process ends. Throws a CommandError when it cannot be read. */
export async function openSource(file: string, format: string | undefined): Promise<Source> {
  const path = file === '-' ? await spoolStdin() : file
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new CommandError(`${file} is no file that can be read`)
  const { hash, lines } = await measure(path)
  return { path, name: file === '-' ? undefined : basename(file), format: formatOf(file, format), hash, lines }
}

async function spoolStdin(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-import-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'stdin')
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }))
  return path
}

async function measure(path: string): Promise<{ readonly hash: string; readonly lines: number }> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
  }
  return { hash: hash.digest('hex'), lines }
}

function formatOf(file: string, format: string | undefined): 'csv' | 'ndjson' {
  if (format === 'csv' || format === 'ndjson') return format
  if (format !== undefined) throw new CommandError(`--format is csv or ndjson, not ${format}`)
  return /\.(ndjson|jsonl|json)$/i.test(file) ? 'ndjson' : 'csv'
}
