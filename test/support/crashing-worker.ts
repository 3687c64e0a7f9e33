// A worker that kills itself with SIGKILL, as when the system runs out of memory, each time it sends a certain statement for a certain id.
// Everything else is the real worker. node crashing-worker.ts <kind of worker> <part of the statement> <id>
import pg from 'pg'

const [, , kind, statement = '', deadly = ''] = process.argv
// biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, and this only looks at what passes
const prototype = pg.Client.prototype as any
const query = prototype.query
prototype.query = function (this: unknown, ...args: unknown[]) {
  const { text, values } = (args[0] ?? {}) as { text?: string; values?: unknown[] }
  const ids = String(values?.[0] ?? '').split(/[{},"]/)
  if (text?.includes(statement) && ids.includes(deadly)) process.kill(process.pid, 'SIGKILL')
  return query.apply(this, args)
}
process.argv.splice(2, Infinity, '--kinds', kind ?? '')
await import('../../workers/worker.ts')
