#!/usr/bin/env node
// The `nightbill` command.
import { Command } from 'commander'
import { addAccountCommand } from './cli/account.ts'
import { addApiCommand } from './cli/api.ts'
import { addBillRunCommand } from './cli/bill-run.ts'
import { addChargeCommand } from './cli/charge.ts'
import { addCreditCommand } from './cli/credit.ts'
import { addKeyCommand } from './cli/key.ts'
import { addMigrateCommand } from './cli/migrate.ts'
import { addReconcileCommand } from './cli/reconcile.ts'
import { addScheduleCommand } from './cli/schedule.ts'
import { addServeCommand } from './cli/serve.ts'
import { readConfig } from './config.ts'
import { runEntry } from './open-process.ts'

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
  addServeCommand(program)
  addApiCommand(program)
  addMigrateCommand(program)
  addReconcileCommand(program)
  addKeyCommand(program)
  addBillRunCommand(program, defaults)
  addCreditCommand(program, defaults)
  addAccountCommand(program, defaults)
  addChargeCommand(program, defaults)
  addScheduleCommand(program, defaults)
  await program.parseAsync()
})
