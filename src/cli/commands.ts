import type { Command } from 'commander'
import type { ClientDefaults } from './client-command.ts'

type AddCommand = (program: Command, defaults: ClientDefaults) => void

export type CommandEntry = {
  /** How `nightbill --help` names it. */
  readonly usage: string
  readonly description: string
  readonly load: () => Promise<AddCommand>
}

/**
 * Every command, by name. Each is loaded when it is the one that is asked for: a command that asks the API one thing need not load the
 * API, and `nightbill --help` none of them. A test keeps usage and description equal to the command's own.
 */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    usage: 'serve',
    description:
      'run everything here: the API and a worker for all kinds of work, on an embedded Postgres unless DATABASE_URL is set',
    load: async () => (await import('./serve.ts')).addServeCommand,
  },
  api: {
    usage: 'api',
    description: 'run the HTTP API alone; needs DATABASE_URL, a migrated database, and workers beside it',
    load: async () => (await import('./api.ts')).addApiCommand,
  },
  migrate: {
    usage: 'migrate',
    description:
      'bring the database to this version, as its owner, before the new version starts; makes the login of DATABASE_URL, or admits it',
    load: async () => (await import('./migrate.ts')).addMigrateCommand,
  },
  reconcile: {
    usage: 'reconcile [options]',
    description: 'prove over the whole database what must hold at all times; exit code 0 if it does, 1 if not',
    load: async () => (await import('./reconcile.ts')).addReconcileCommand,
  },
  reconciliation: {
    usage: 'reconciliation',
    description: 'what the daily proofs of the whole database found',
    load: async () => (await import('./reconcile.ts')).addReconciliationCommand,
  },
  key: {
    usage: 'key',
    description: 'API keys, on the database of DATABASE_URL or of the service that runs on DATA_DIR',
    load: async () => (await import('./key.ts')).addKeyCommand,
  },
  'bill-run': {
    usage: 'bill-run',
    description: 'bill accounts as of a date',
    load: async () => (await import('./bill-run.ts')).addBillRunCommand,
  },
  credit: {
    usage: 'credit',
    description: 'credits, their disbursement and their reversal',
    load: async () => (await import('./credit.ts')).addCreditCommand,
  },
  job: {
    usage: 'job',
    description: 'what became of accepted credits and reversals',
    load: async () => (await import('./job.ts')).addJobCommand,
  },
  account: {
    usage: 'account',
    description: 'who is billed',
    load: async () => (await import('./account.ts')).addAccountCommand,
  },
  charge: {
    usage: 'charge',
    description: 'what accounts owe',
    load: async () => (await import('./charge.ts')).addChargeCommand,
  },
  schedule: {
    usage: 'schedule',
    description: 'bill runs that the service starts by itself',
    load: async () => (await import('./schedule.ts')).addScheduleCommand,
  },
  audit: {
    usage: 'audit',
    description: 'who did what, when, with which key and request, and why',
    load: async () => (await import('./audit.ts')).addAuditCommand,
  },
}
