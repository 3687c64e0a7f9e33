#!/usr/bin/env node
// The `nightbill` command.
import { Command } from 'commander'
import type { ClientDefaults } from './cli/client-command.ts'
import { readConfig } from './config.ts'
import { runEntry } from './run-entry.ts'

type AddCommand = (program: Command, defaults: ClientDefaults) => void

/** Each command, loaded when it is the one that is asked for: a command that asks the API one thing need not load the API. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import('./cli/serve.ts')).addServeCommand,
  api: async () => (await import('./cli/api.ts')).addApiCommand,
  migrate: async () => (await import('./cli/migrate.ts')).addMigrateCommand,
  reconcile: async () => (await import('./cli/reconcile.ts')).addReconcileCommand,
  reconciliation: async () => (await import('./cli/reconcile.ts')).addReconciliationCommand,
  key: async () => (await import('./cli/key.ts')).addKeyCommand,
  'bill-run': async () => (await import('./cli/bill-run.ts')).addBillRunCommand,
  credit: async () => (await import('./cli/credit.ts')).addCreditCommand,
  job: async () => (await import('./cli/job.ts')).addJobCommand,
  account: async () => (await import('./cli/account.ts')).addAccountCommand,
  charge: async () => (await import('./cli/charge.ts')).addChargeCommand,
  schedule: async () => (await import('./cli/schedule.ts')).addScheduleCommand,
  audit: async () => (await import('./cli/audit.ts')).addAuditCommand,
}

await runEntry(async () => {
  const config = readConfig()
  const defaults = {
    url: config.NIGHTBILL_URL ?? `http://${config.HOST}:${config.PORT}`,
    apiKey: config.NIGHTBILL_API_KEY ?? config.BOOTSTRAP_API_KEY,
  }
  const program = new Command('nightbill')
    .description('Account credits and nightly bill runs')
    .addHelpText(
      'after',
      '\nStart here:\n  $ nightbill serve                     everything, on an embedded Postgres\n  $ nightbill bill-run start --help     what the scheduler calls',
    )
  const asked = COMMANDS[process.argv[2] ?? '']
  for (const load of asked ? [asked] : Object.values(COMMANDS)) (await load())(program, defaults)
  await program.parseAsync()
})
