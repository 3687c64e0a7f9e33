import type { Command } from 'commander'
import { finishJob } from '../client/finish-job.ts'
import { jobText } from '../terminal/tables.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient } from './client-command.ts'

/** `nightbill job ...` */
export function addJobCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'job', 'accepted credits and reversals, and their outcomes')

  addClientCommand(group, 'show <job-id>', 'its status, and why it failed or is not done yet', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill job show 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((jobId: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => show(await client.getJob(jobId), jobText)),
    )

  addClientCommand(group, 'retry <job-id>', 'try a failed job again, after its cause is fixed', defaults)
    .option('--reason <text>', 'why, for the audit')
    .option('--wait', 'wait until it is done')
    .addHelpText(
      'after',
      '\nExample:\n  $ nightbill job retry 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f --reason "Fixed" --wait',
    )
    .action((jobId: string, { reason, wait = false }: { reason?: string; wait?: boolean }, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        await client.retryJob(jobId, { reason })
        if (wait) await finishJob(client, jobId)
        show(await client.getJob(jobId), jobText)
      }),
    )
}
