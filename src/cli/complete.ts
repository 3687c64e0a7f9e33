import root from '@bomb.sh/tab'
import register from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { openApiClient } from '../client/api-client.ts'
import type { ClientDefaults } from './client-command.ts'

/** A person waits for the completion: what the service does not say by then is left out. */
const WITHIN_MS = 800

/** The statuses that a list can be filtered by. The service is the one that judges them. */
const STATUSES: Readonly<Record<string, readonly string[]>> = {
  'credit list': ['pending', 'deleted', 'issued', 'reversal_pending', 'reversed'],
  'invoice list': ['paid', 'unpaid', 'overdue'],
  'charge list': ['pending', 'billed'],
  'job list': ['queued', 'done', 'failed'],
  'bill-run list': ['queued', 'running', 'completed', 'completed_with_failures', 'cancelled'],
}

/** Prints what may come next, for the script of `nightbill completion`. */
export async function complete(program: Command, words: readonly string[], defaults: ClientDefaults): Promise<void> {
  register(program, { completionCommandName: 'completion' })
  const { groups, schedules } = await namesOf(words, defaults)
  for (const [name, command] of root.commands) {
    for (const [option, values] of [
      ['status', STATUSES[name] ?? []],
      ['group', groups],
      ['schedule', schedules],
    ] as const) {
      const known = command.options.get(option)
      if (known) known.handler = offer(values)
    }
    const schedule = name.startsWith('schedule ') ? command.arguments.get('name') : undefined
    if (schedule) schedule.handler = offer(schedules)
  }
  root.parse([...words])
}

const offer = (values: readonly string[]) => (add: (value: string, description: string) => void) => {
  for (const value of values) add(value, '')
}

type Names = { readonly groups: readonly string[]; readonly schedules: readonly string[] }

/** The names of bill groups and schedules, where one of them comes next. */
async function namesOf(words: readonly string[], { url, keyFor }: ClientDefaults): Promise<Names> {
  const before = words.at(-2) ?? ''
  const wantsGroups = before === '--group'
  const wantsSchedules = before === '--schedule' || words[0] === 'schedule'
  if (!wantsGroups && !wantsSchedules) return { groups: [], schedules: [] }
  const client = openApiClient({ baseUrl: url, apiKey: keyFor(url)?.value, answerWithinMs: WITHIN_MS, maxAttempts: 1 })
  try {
    const groups = wantsGroups ? (await client.listBillGroups({ limit: 100 })).data : []
    const schedules = wantsSchedules ? (await client.listSchedules({ limit: 100 })).data : []
    return { groups: groups.map(({ billGroup }) => billGroup), schedules: schedules.map(({ name }) => name) }
  } catch {
    return { groups: [], schedules: [] }
  }
}
