import type { Command } from 'commander'
import { buildApi } from '../api/server.ts'
import { inTransaction } from '../db/transaction.ts'
import { bootstrapKeys } from '../ledger/api-keys.ts'
import { openProcess } from '../open-process.ts'

/** `nightbill api`: the HTTP API alone, beside workers that run elsewhere. */
export function addApiCommand(program: Command): void {
  program
    .command('api')
    .description('run the HTTP API alone; needs DATABASE_URL, a migrated database, and workers beside it')
    .addHelpText('after', '\nExample:\n  $ DATABASE_URL=postgres://nightbill@db/nightbill nightbill api')
    .action(async () => {
      const { config, log, db, backend, queues, onStop } = await openProcess('api')
      const newKey = await inTransaction(db, (tx) => bootstrapKeys(tx, config.BOOTSTRAP_API_KEY))
      const api = await buildApi({ config, db, backend, queues }, log)
      onStop(() => api.close())
      const address = await api.listen({ port: config.PORT, host: config.HOST })
      console.log(banner(address, newKey))
    })
}

/** What a newcomer needs, in the order in which it is needed. The key is shown this once. */
function banner(address: string, newKey: string | undefined): string {
  const key = newKey ?? '$NIGHTBILL_API_KEY'
  return [
    '',
    `  Nightbill serves at ${address}`,
    ...(newKey === undefined ? [] : [`  API key (shown this once): ${newKey}`]),
    `  API: ${address}/docs   queues: ${address}/queues (any user name, the key as password)   metrics: ${address}/metrics`,
    '',
    '  Try:',
    `    curl -s ${address}/v1/accounts -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `      -d '{"accountId":"acme","name":"Acme Ltd","currency":"USD"}'`,
    '',
  ].join('\n')
}
