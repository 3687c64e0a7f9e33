import { writeSync } from 'node:fs'
import type { Logger } from 'pino'
import { StartError } from '../config.ts'
import type { Db } from '../db/open.ts'
import { openReads } from '../db/open-reads.ts'
import { inTransaction } from '../db/transaction.ts'
import { SCOPES } from '../ledger/keys/api-keys.ts'
import { keepBootstrapKey, makeFirstKey } from '../ledger/keys/first-keys.ts'
import { openProcess } from '../open-process.ts'
import { openSite } from '../open-site.ts'

/** Runs the HTTP API alone, beside workers that run elsewhere. */
export async function runApi(): Promise<void> {
  const { config, log, db, databaseUrl, backend, queues, onStop, started } = await openProcess('api')
  if (config.BOOTSTRAP_API_KEY !== undefined) await keepNamedKey(db, config.BOOTSTRAP_API_KEY, log)
  const reads = openReads(config, databaseUrl, (error) => log.warn({ err: error }, 'lost an idle database connection'))
  onStop(() => reads.destroy())
  const api = await openSite({ config, db, reads, backend, queues }, log)
  onStop(() => api.close())
  const address = await api.listen({ port: config.PORT, host: config.HOST })
  // Last, when nothing else can fail any more, because the key is shown only once.
  if (!(await offerFirstKey(db, address))) console.log(banner(address))
  started()
}

async function keepNamedKey(db: Db, key: string, log: Logger): Promise<void> {
  const { inForce, scopes } = await inTransaction(db, (tx) => keepBootstrapKey(tx, key))
  if (!inForce) log.warn('BOOTSTRAP_API_KEY was revoked or has expired and is not accepted: set another key')
  else if (scopes.length < SCOPES.length) log.warn({ scopes }, 'BOOTSTRAP_API_KEY is a key with these scopes only')
}

/**
 * Makes and shows the first key when there is none; returns whether it did. Throws a StartError when the key that was shown may not work.
 */
async function offerFirstKey(db: Db, address: string): Promise<boolean> {
  try {
    // A synchronous write, so that the key is stored only after it was shown.
    return await inTransaction(db, (tx) => makeFirstKey(tx, (key) => writeSync(1, `${banner(address, key)}\n`)))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(`the first API key could not be shown or stored, and does not work: start again (${why})`)
  }
}

/** The first steps for a newcomer. */
function banner(address: string, newKey?: string): string {
  return [
    '',
    `  Nightbill serves at ${address}`,
    ...(newKey === undefined ? [] : [`  API key (shown this once): ${newKey}`]),
    '',
    `  Console   ${address}   sign in with the key`,
    `  API       ${address}/docs`,
    `  Queues    ${address}/queues   any user name, the key as password`,
    `  Metrics   ${address}/metrics`,
    '',
    '  Try:',
    ...(newKey === undefined ? [] : ['    npx nightbill login                 # keeps the key for the commands']),
    '    npx nightbill account add acme --name "Acme Ltd" --currency USD',
    '    npx nightbill --help',
    '',
  ].join('\n')
}
