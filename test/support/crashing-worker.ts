// A bill-batch worker that is lost each time it comes to the account whose internal id is given as argument: by SIGKILL, as when the
// system runs out of memory. Otherwise it is the worker itself, whole.
import pg from 'pg'

const deadly = process.argv[2] as string
// biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, and this only looks at what passes
const prototype = pg.Client.prototype as any
const query = prototype.query
prototype.query = function (this: unknown, ...args: unknown[]) {
  const { text, values } = (args[0] ?? {}) as { text?: string; values?: unknown[] }
  const ids = String(values?.[0] ?? '').split(/[{},]/)
  if (text?.includes('from charge') && ids.includes(deadly)) process.kill(process.pid, 'SIGKILL')
  return query.apply(this, args)
}
await import('../../workers/bill-batch.ts')
