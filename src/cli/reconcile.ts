import type { Command } from 'commander'
import { readConfig, StartError } from '../config.ts'
import { recordReconciliation } from '../ledger/reconcile/record-reconciliation.ts'
import { isBillRun } from '../reads/bill-runs.ts'
import { reconciliationColumns } from '../terminal/operation-columns.ts'
import { openProgress } from '../terminal/progress.ts'
import { reconciliationText } from '../terminal/reconciliation-text.ts'
import { peopleAt } from '../terminal/render-table.ts'
import { addClientGroup, type ClientDefaults } from './client-command.ts'
import { addListCommand } from './list-command.ts'
import { openLocalDatabase } from './local-database.ts'

/** `nightbill reconcile`: checks every rule over the whole database. */
export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('check every rule of the ledger over the whole database; exit code 0 if all hold, 1 if not')
    .option('--run <bill-run>', 'check only the rows of this bill run, by the rules that allow it')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
It reads the database directly: that of DATABASE_URL, or the embedded one of the service that runs on DATA_DIR.

Examples:
  $ nightbill reconcile
  $ nightbill reconcile --run 019ac0de-0000-7000-8000-000000000003
  $ nightbill reconcile --json | jq '.checks[] | select(.violations > 0)'`,
    )
    .action(async ({ run, json = false }: { run?: string; json?: boolean }) => {
      const db = await openLocalDatabase(readConfig(), 'reconcile')
      try {
        // Without this check, a wrong id would be reported as a run without violations.
        if (run !== undefined && !(await isBillRun(db, run))) throw new StartError(`there is no bill run ${run}`)
        const progress = openProgress('Reconciling', process.stderr)
        const { report } = await recordReconciliation(db, {
          ...(run === undefined ? {} : { billRunId: run }),
          onRule: ({ index, of }) => progress.update(index, of),
        })
        progress.update(report.checks.length, report.checks.length)
        progress.stop()
        console.log(json ? JSON.stringify(report, null, 2) : reconciliationText(report, peopleAt(process.stdout)))
        if (!json) console.log(report.ok ? 'Everything reconciles.' : 'Rules are broken: see above.')
        process.exitCode = report.ok ? 0 : 1
      } finally {
        await db.destroy()
      }
    })
}

/** `nightbill reconciliation ...` */
export function addReconciliationCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'reconciliation', 'results of the daily reconciliations')
  addListCommand(group, ['list', 'reconciliations, newest first'], defaults, {
    limit: 20,
    list: (client, page) => client.listReconciliations(page),
    columns: reconciliationColumns,
    none: 'No reconciliations.',
  }).addHelpText('after', '\nExample:\n  $ nightbill reconciliation list --limit 7')
}
