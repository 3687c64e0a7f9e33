// A worker that is lost each time it reads one thing: by SIGKILL, as when the system runs out of memory. Otherwise it is the worker
// itself, whole. node crashing-worker.ts <kind of worker> <table that it reads> <id at which it is lost>
import pg from 'pg'

const [, , kind, table, deadly = ''] = process.argv
// biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, and this only looks at what passes
const prototype = pg.Client.prototype as any
const query = prototype.query
prototype.query = function (this: unknown, ...args: unknown[]) {
  const { text, values } = (args[0] ?? {}) as { text?: string; values?: unknown[] }
  const ids = String(values?.[0] ?? '').split(/[{},"]/)
  if (text?.includes(`from ${table}`) && ids.includes(deadly)) process.kill(process.pid, 'SIGKILL')
  return query.apply(this, args)
}
process.argv.splice(2, Infinity, '--kinds', kind ?? '')
await import('../../workers/worker.ts')
