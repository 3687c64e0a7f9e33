import type { ApiClient } from '../../src/client/api-client.ts'
import { billRunText } from '../../src/terminal/bill-run-text.ts'
import { watchBillRun } from '../../src/terminal/watch-bill-run.ts'
import type { Check } from '../check.ts'
import { billGroup, loadDay } from './load-day.ts'
import type { BillingLine } from './parse-transactions.ts'

type BilledDays = { readonly chargeIds: readonly string[]; readonly checks: readonly Check[] }

/** The sample's days one after the other: load what happened on the day, then the night's bill run through the queue. */
export async function billDays(
  client: ApiClient,
  lines: readonly BillingLine[],
  print: (text: string) => void,
): Promise<BilledDays> {
  const chargeIds: string[] = []
  const checks: Check[] = []
  for (const [day, linesOfDay] of byDay(lines)) {
    chargeIds.push(...(await loadDay(client, day, linesOfDay)))
    const { billRunId } = await client.startBillRun({ billGroup, billDate: day, name: `Online retail ${day}` })
    const run = await watchBillRun(client, billRunId, { title: `Billing ${day}` })
    print(`${billRunText(run)}\n`)
    checks.push({ name: `the bill run of ${day}`, expected: 'completed', actual: run.status })
  }
  return { chargeIds, checks }
}

function byDay(lines: readonly BillingLine[]): readonly (readonly [string, readonly BillingLine[]])[] {
  const days = [...new Set(lines.map(({ date }) => date))].sort()
  return days.map((day) => [day, lines.filter(({ date }) => date === day)] as const)
}
