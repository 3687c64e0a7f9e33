import type { Command } from 'commander'
import type { Schedule } from '../api/types.ts'
import { collectPages } from '../client/collect-pages.ts'
import { type DueTime, dueColumns, scheduleColumns } from '../terminal/operation-columns.ts'
import { addClientCommand, type ClientDefaults, withClient } from './client-command.ts'

/** `nightbill schedule show` and `next` */
export function addScheduleReads(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'show <name>', 'a schedule, and when it is due next', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill schedule show nightly')
    .action((name: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, output, show }) => {
        show(await client.getSchedule(name), (schedule) => {
          const { cronInWords, nextTimes } = schedule
          const words = cronInWords === null ? [] : ['', `${cronInWords}.`]
          const due =
            nextTimes.length === 0
              ? ['Not due: it is disabled.']
              : [output.table(dueColumns, nextTimes.map(dueOf(schedule)))]
          return [output.table(scheduleColumns, [schedule]), ...words, '', ...due].join('\n')
        })
      }),
    )

  addClientCommand(group, 'next [name]', 'when schedules are due next, the soonest first', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill schedule next')
    .action((name: string | undefined, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, showRows }) => {
        const schedules =
          name === undefined ? (await collectPages(client.listSchedules)).data : [await client.getSchedule(name)]
        const due = schedules
          .filter(({ enabled }) => enabled)
          .flatMap((schedule) => schedule.nextTimes.map(dueOf(schedule)))
          .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
        showRows({ data: due, nextCursor: null }, dueColumns, 'No schedule is due.')
      }),
    )
}

const dueOf =
  ({ name, billGroup, timezone }: Schedule) =>
  ({ at, billDate }: Schedule['nextTimes'][number]): DueTime => ({ name, billGroup, billDate, at, timezone })
