// A worker of all kinds that kills itself with SIGKILL, as when the system runs out of memory, each time it stamps the charges of one account.
// node deadly-worker.ts <id of the account>
import pg from 'pg'

const [, , deadly = ''] = process.argv
// biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, and this only looks at what passes
const prototype = pg.Client.prototype as any
const query = prototype.query
prototype.query = function (this: unknown, ...args: unknown[]) {
  const { text, values } = (args[0] ?? {}) as { text?: string; values?: unknown[] }
  const ids = String(values?.[0] ?? '').split(/[{},"]/)
  if (text?.includes('update charge') && ids.includes(deadly)) process.kill(process.pid, 'SIGKILL')
  return query.apply(this, args)
}
process.argv.splice(2, Number.POSITIVE_INFINITY)
await import('../../../workers/worker.ts')
