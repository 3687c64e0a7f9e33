import type { Command } from 'commander'
import { printable } from '../client/printable.ts'
import { givenSettings, readConfig } from '../config.ts'
import { peopleAt, renderTable, type TableColumn } from '../terminal/render-table.ts'
import { statusOf } from '../terminal/status.ts'
import type { ClientDefaults } from './client-command.ts'
import { EXIT } from './command-error.ts'
import { checkDisk, checkNode, checkSettings } from './doctor/check-machine.ts'
import { checkApi, checkClock, checkDatabase, checkQueue, openNamedDatabase } from './doctor/check-services.ts'
import { checkPart, type Finding } from './doctor/finding.ts'

/** `nightbill doctor` */
export function addDoctorCommand(program: Command, defaults: ClientDefaults): void {
  program
    .command('doctor')
    .description('look whether everything that the service needs is there; exit code 1 when something is not right')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExample:\n  $ nightbill doctor')
    .action(async ({ json = false }: { json?: boolean }) => {
      const findings = await examine(defaults)
      const wrong = findings.filter(({ verdict }) => verdict === 'broken').length
      const look = findings.filter(({ verdict }) => verdict === 'look').length
      if (json) console.log(JSON.stringify({ ok: wrong === 0, findings }, null, 2))
      else
        console.log(
          `${renderTable(columns, findings, { colours: peopleAt(process.stdout).colours ?? false, header: false })}\n${verdict(wrong, look)}`,
        )
      process.exitCode = wrong + look === 0 ? EXIT.done : EXIT.findings
    })
}

async function examine(defaults: ClientDefaults): Promise<readonly Finding[]> {
  const config = readConfig()
  const db = await openNamedDatabase(config)
  try {
    const database = await checkPart('database', () => checkDatabase(db, config))
    return [
      await checkPart('settings', () => checkSettings(givenSettings())),
      await checkPart('node', checkNode),
      database,
      ...(db && database.verdict === 'ok' ? [await checkPart('clock', () => checkClock(db))] : []),
      await checkPart('queue', () => checkQueue(config)),
      await checkPart('disk', () => checkDisk(config)),
      await checkPart('service', () => checkApi(defaults)),
    ]
  } finally {
    await db?.destroy()
  }
}

const columns: readonly TableColumn<Finding>[] = [
  { title: '', value: ({ verdict }) => statusOf(verdict).sign, colour: ({ verdict }) => statusOf(verdict).colour },
  { title: '', value: ({ part }) => part },
  { title: '', value: ({ text }) => printable(text) },
]

function verdict(wrong: number, look: number): string {
  if (wrong + look === 0) return 'All is well.'
  const parts = [
    ...(wrong > 0 ? [`${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong`] : []),
    ...(look > 0 ? [`${look} to look at`] : []),
  ]
  return `${parts.join(', ')}.`
}
