import type { Command } from 'commander'
import { scheduleColumns } from '../terminal/operation-columns.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient, withYes } from './client-command.ts'
import { addListCommand } from './list-command.ts'
import { addScheduleReads } from './schedule-reads.ts'

type SetOptions = { cron: string; timezone: string; group: string; disabled?: boolean }

/** `nightbill schedule ...` */
export function addScheduleCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'schedule', 'bill runs that the service starts by itself')

  addClientCommand(group, 'set <name>', 'create a schedule, or replace the one with this name', defaults)
    .requiredOption('--cron <expression>', 'five fields: minute, hour, day of month, month, day of week')
    .requiredOption('--timezone <name>', 'IANA time zone of the cron expression')
    .option('--group <bill-group>', 'bill group to bill', 'default')
    .option('--disabled', 'keep it, but start no bill runs')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill schedule set nightly --cron "0 2 * * *" --timezone Europe/London --group default
  $ nightbill schedule set monthly --cron "30 3 1 * *" --timezone America/New_York --disabled`,
    )
    .action((name: string, { cron, timezone, group: billGroup, disabled = false }: SetOptions, command: Command) =>
      withClient(command, defaults, async ({ client, showRow }) => {
        const schedule = await client.putSchedule(name, { cron, timezone, billGroup, enabled: !disabled })
        showRow(schedule, scheduleColumns)
      }),
    )

  addListCommand(group, ['list', 'all schedules'], defaults, {
    limit: 50,
    list: (client, page) => client.listSchedules(page),
    columns: scheduleColumns,
    none: 'No schedules.',
  }).addHelpText('after', '\nExample:\n  $ nightbill schedule list')

  addScheduleReads(group, defaults)

  for (const [verb, enabled, what] of [
    ['enable', true, 'let a schedule start bill runs again'],
    ['disable', false, 'keep a schedule, but let it start no bill runs'],
  ] as const) {
    addClientCommand(group, `${verb} <name>`, what, defaults)
      .addHelpText('after', `\nExample:\n  $ nightbill schedule ${verb} nightly`)
      .action((name: string, _options: unknown, command: Command) =>
        withClient(command, defaults, async ({ client, showRow }) => {
          const { cron, timezone, billGroup } = await client.getSchedule(name)
          showRow(await client.putSchedule(name, { cron, timezone, billGroup, enabled }), scheduleColumns)
        }),
      )
  }

  withYes(addClientCommand(group, 'remove <name>', 'remove a schedule; its bill runs continue', defaults))
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  $ nightbill schedule remove nightly')
    .action((name: string, { reason }: { reason?: string }, command: Command) =>
      withClient(command, defaults, async ({ client, show, ask }) => {
        await ask(() => `Schedule ${name} will start no more bill runs.`, 'Remove it?')
        await client.deleteSchedule(name, { reason })
        show({ name, removed: true }, () => `Schedule ${name} removed.`)
      }),
    )
}
