import type { Command } from 'commander'
import type { ClientDefaults } from './client-command.ts'

type AddCommand = (program: Command, defaults: ClientDefaults) => void

export type CommandEntry = {
  /** Under which heading `nightbill --help` lists it. */
  readonly group: string
  /** The usage that `nightbill --help` shows. */
  readonly usage: string
  readonly description: string
  readonly load: () => Promise<AddCommand>
}

/**
 * Every command, by name. A command is loaded only when it is called: a client command need not load the API, and `nightbill --help` loads
 * none. A test checks that usage and description equal the command's own.
 */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    group: 'Run:',
    usage: 'serve',
    description:
      'run everything here: the API and a worker for all kinds of work, on an embedded Postgres unless DATABASE_URL is set',
    load: async () => (await import('./serve.ts')).addServeCommand,
  },
  api: {
    group: 'Run:',
    usage: 'api',
    description: 'run the HTTP API alone; needs DATABASE_URL, a migrated database, and workers beside it',
    load: async () => (await import('./api.ts')).addApiCommand,
  },
  worker: {
    group: 'Run:',
    usage: 'worker [kinds]',
    description: 'run a worker alone; needs DATABASE_URL and a migrated database',
    load: async () => (await import('./worker.ts')).addWorkerCommand,
  },
  migrate: {
    group: 'Run:',
    usage: 'migrate',
    description:
      'migrate the database as its owner, before a new version starts; creates the login of DATABASE_URL and grants its rights',
    load: async () => (await import('./migrate.ts')).addMigrateCommand,
  },
  login: {
    group: 'Set up:',
    usage: 'login [options]',
    description: 'keep an API key for the commands, on this machine',
    load: async () => (await import('./login.ts')).addLoginCommand,
  },
  logout: {
    group: 'Set up:',
    usage: 'logout [options]',
    description: 'forget the key that login keeps; it stays in force',
    load: async () => (await import('./login.ts')).addLogoutCommand,
  },
  whoami: {
    group: 'Set up:',
    usage: 'whoami [options]',
    description: 'the key that the commands use, and what it may do',
    load: async () => (await import('./login.ts')).addWhoamiCommand,
  },
  config: {
    group: 'Set up:',
    usage: 'config [options]',
    description: 'where the commands go, and from where they have the key',
    load: async () => (await import('./login.ts')).addConfigCommand,
  },
  status: {
    group: 'Look:',
    usage: 'status [options]',
    description: 'whether anything is wrong; exit code 0 if all is well, 1 if something needs you',
    load: async () => (await import('./status.ts')).addStatusCommand,
  },
  completion: {
    group: 'Set up:',
    usage: 'completion <shell>',
    description: 'print what makes a shell complete commands, options and their values',
    load: async () => (await import('./completion.ts')).addCompletionCommand,
  },
  doctor: {
    group: 'Set up:',
    usage: 'doctor [options]',
    description: 'look whether everything that the service needs is there; exit code 1 when something is not right',
    load: async () => (await import('./doctor.ts')).addDoctorCommand,
  },
  open: {
    group: 'Look:',
    usage: 'open [options] [what] [id]',
    description: "print an address of the console's",
    load: async () => (await import('./open.ts')).addOpenCommand,
  },
  reconcile: {
    group: 'Look:',
    usage: 'reconcile [options]',
    description: 'check every rule of the ledger over the whole database; exit code 0 if all hold, 1 if not',
    load: async () => (await import('./reconcile.ts')).addReconcileCommand,
  },
  reconciliation: {
    group: 'Look:',
    usage: 'reconciliation',
    description: 'results of the daily reconciliations',
    load: async () => (await import('./reconcile.ts')).addReconciliationCommand,
  },
  key: {
    group: 'Keys and schedules:',
    usage: 'key',
    description: 'API keys, on the database of DATABASE_URL or of the service that runs on DATA_DIR',
    load: async () => (await import('./key.ts')).addKeyCommand,
  },
  'bill-run': {
    group: 'Bill:',
    usage: 'bill-run',
    description: 'bill accounts as of a date',
    load: async () => (await import('./bill-run.ts')).addBillRunCommand,
  },
  credit: {
    group: 'Bill:',
    usage: 'credit',
    description: 'credits, their disbursement and their reversal',
    load: async () => (await import('./credit.ts')).addCreditCommand,
  },
  job: {
    group: 'Bill:',
    usage: 'job',
    description: 'accepted credits and reversals, and their outcomes',
    load: async () => (await import('./job.ts')).addJobCommand,
  },
  account: {
    group: 'Bill:',
    usage: 'account',
    description: 'who is billed',
    load: async () => (await import('./account.ts')).addAccountCommand,
  },
  invoice: {
    group: 'Bill:',
    usage: 'invoice',
    description: 'what accounts were billed',
    load: async () => (await import('./invoice.ts')).addInvoiceCommand,
  },
  charge: {
    group: 'Bill:',
    usage: 'charge',
    description: 'what accounts owe',
    load: async () => (await import('./charge.ts')).addChargeCommand,
  },
  import: {
    group: 'Files:',
    usage: 'import',
    description: 'send a file of accounts, charges or credits',
    load: async () => (await import('./import.ts')).addImportCommand,
  },
  export: {
    group: 'Files:',
    usage: 'export',
    description: 'lists as CSV, all rows that match',
    load: async () => (await import('./export.ts')).addExportCommand,
  },
  schedule: {
    group: 'Keys and schedules:',
    usage: 'schedule',
    description: 'bill runs that the service starts by itself',
    load: async () => (await import('./schedule.ts')).addScheduleCommand,
  },
  audit: {
    group: 'Look:',
    usage: 'audit',
    description: 'who did what, when, with which key and request, and why',
    load: async () => (await import('./audit.ts')).addAuditCommand,
  },
}
