import type { Command } from 'commander'
import { jobText } from '../terminal/job-text.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient, withYes } from './client-command.ts'
import { forEachId } from './each-id.ts'
import { addWait, finishWaiting, type WaitOptions } from './wait-options.ts'

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
        forEachId(context, argument, async (jobId) => context.show(await context.client.getJob(jobId), jobText)),
      ),
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
          async (jobId) => {
            const { client, show } = context
            await client.retryJob(jobId, { reason: options.reason })
            if (options.wait) await finishWaiting(client, jobId, options)
            show(await client.getJob(jobId), jobText)
          },
          'retry',
        ),
      ),
    )
}
