import type { Command } from 'commander'
import type { ApiClient } from '../client/api-client.ts'
import { finishJob } from '../client/finish-job.ts'
import { parseDuration } from './client-command.ts'
import { sayOnInterrupt } from './interrupt.ts'

export type WaitOptions = { readonly wait?: boolean; readonly timeout?: number }

/** Adds --wait and --timeout to a command. `until` says for what it waits. */
export function addWait(command: Command, until: string): Command {
  return command
    .option('--wait', `wait until ${until}`)
    .option('--timeout <duration>', 'how long to wait, such as 90s, 10m or 2h; exit code 3 after it', parseDuration)
}

/** Waits until a job is done. Throws an ApiError when it failed, or when the time is up. */
export async function finishWaiting(client: ApiClient, jobId: string, { timeout }: WaitOptions): Promise<void> {
  const end = sayOnInterrupt(() => `The job goes on. Look again: nightbill job show ${jobId}`)
  try {
    await finishJob(client, jobId, timeout)
  } finally {
    end()
  }
}
