import type { Command } from 'commander'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient } from './client-command.ts'
import type { KindName } from './import/kinds.ts'
import type { ImportOptions } from './import/run-import.ts'

/** `nightbill import ...` */
export function addImportCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'import', 'send a file of accounts, charges or credits')
  addImport(group, 'accounts', 'accountId, name, currency, billGroup, paymentTermsDays', defaults)
  addImport(group, 'charges', 'accountId, amount, description, chargedOn, reference', defaults)
  addImport(group, 'credits', 'accountId, amount, currency, reason, note, reference, automaticDisbursement', defaults)
}

function addImport(group: Command, kind: KindName, columns: string, defaults: ClientDefaults): void {
  const command = addClientCommand(
    group,
    `${kind} <file>`,
    `send ${kind} of a CSV or NDJSON file; - is stdin`,
    defaults,
  )
    .option('--format <format>', 'csv or ndjson (default: by the name of the file)')
    .option('--map <field=column>', 'the column of a field, where it has another name; repeatable', collect, [])
    .option('--dry-run', 'check every line, and send nothing')
    .option('--skip-bad', 'send the good lines, though others are bad; the same as --on-error skip')
    .option('--on-error <stop|skip>', 'what to do about bad lines (default: stop)')
    .option('--rejects <file>', 'write the bad lines there, with what is wrong, ready to be mended and sent')
  if (kind !== 'accounts') {
    command.option('--reference <template>', 'the reference of each line, such as "{file}:{line}", or "{hash}:{line}"')
  }
  command
    .addHelpText(
      'after',
      `
Columns: ${columns}.
All lines are checked first. When one is bad nothing is sent, unless --skip-bad is given. What was accepted is not recorded a second time
when the same file is sent again, as after an interrupt${kind === 'accounts' ? '' : ': the references see to that'}.

Examples:
  $ nightbill import ${kind} november.csv --dry-run
  $ nightbill import ${kind} november.csv --skip-bad --rejects bad.csv

Exit codes:
  0    all lines are accepted
  1    lines are bad
  2    could not: wrong usage, refused, or the service cannot be reached
  130  interrupted`,
    )
    .action((file: string, options: ImportOptions) =>
      withClient(command, defaults, async (context) => {
        const { runImport } = await import('./import/run-import.ts')
        await runImport(context, kind, file, options)
      }),
    )
}

const collect = (one: string, before: readonly string[]) => [...before, one]
