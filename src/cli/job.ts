import type { Command } from 'commander'
import type { JobQuery } from '../api/types.ts'
import { jobText } from '../terminal/job-text.ts'
import { jobColumns } from '../terminal/operation-columns.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient, withYes } from './client-command.ts'
import { forEachId } from './each-id.ts'
import { addListCommand } from './list-command.ts'
import { resolveJob } from './resolve-id.ts'
import { addWait, finishWaiting, type WaitOptions } from './wait-options.ts'

type Filters = Pick<JobQuery, 'status' | 'type' | 'code'> & { account?: string }

/** `nightbill job ...` */
export function addJobCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'job', 'accepted credits and reversals, and their outcomes')

  addClientCommand(
    group,
    'show <job-id>',
    'its status, and why it failed or is not done yet; - reads ids from stdin',
    defaults,
  )
    .addHelpText('after', '\nExample:\n  $ nightbill job show 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((argument: string, _options: unknown, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(context, argument, async (text) => {
          const { client, show } = context
          show(await client.getJob(await resolveJob(client, text)), jobText)
        }),
      ),
    )

  addListCommand(group, ['list', 'accepted credits and reversals, newest first'], defaults, {
    limit: 50,
    list: (client, page, { account, ...filters }: Filters) =>
      client.listJobs({ ...page, status: filters.status, type: filters.type, code: filters.code, accountId: account }),
    columns: jobColumns,
    none: 'No jobs.',
  })
    .option('--status <status>', 'only queued, done or failed ones')
    .option('--type <type>', 'only credit or reversal')
    .option('--account <account-id>', 'only of this account')
    .option('--code <code>', 'only those that failed with this code')
    .addHelpText('after', '\nExample:\n  $ nightbill job list --status failed')

  const watch = 'wait until a job is done, and show it: exit code 2 when it failed'
  addWait(addClientCommand(group, 'watch <job-id>', watch, defaults), 'it is done')
    .addHelpText('after', '\nExample:\n  $ nightbill job watch @last')
    .action((text: string, options: WaitOptions, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const jobId = await resolveJob(client, text)
        await finishWaiting(client, jobId, options)
        show(await client.getJob(jobId), jobText)
      }),
    )

  const description = 'try a failed job again, after its cause is fixed; - reads ids from stdin'
  withYes(addWait(addClientCommand(group, 'retry <job-id>', description, defaults), 'it is done'))
    .option('--reason <text>', 'why, for the audit')
    .addHelpText(
      'after',
      '\nExample:\n  $ nightbill job retry 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f --reason "Fixed" --wait',
    )
    .action((argument: string, options: WaitOptions & { reason?: string }, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(
          context,
          argument,
          async (text) => {
            const { client, show } = context
            const jobId = await resolveJob(client, text)
            await client.retryJob(jobId, { reason: options.reason })
            if (options.wait) await finishWaiting(client, jobId, options)
            show(await client.getJob(jobId), jobText)
          },
          'retry',
        ),
      ),
    )
}
