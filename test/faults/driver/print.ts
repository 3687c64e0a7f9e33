import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SeedReport } from './play-seed.ts'
import type { Stack } from './stack.ts'
import { sumOf } from './tally.ts'

const SHOWN_STEPS = 60
const SHOWN_LOG_LINES = 6

/** One line a seed. */
export function printSeed(stack: Pick<Stack, 'kind'>, report: SeedReport): void {
  const { seed, seconds, operations, faults, failures, tallies } = report
  const kills = sumOf(tallies.kills.counts())
  const state = failures.length === 0 ? 'ok' : 'FAILED'
  console.log(
    `seed ${String(seed).padEnd(10)} ${stack.kind.padEnd(8)} ${String(operations).padStart(5)} operations  ${String(kills).padStart(2)} kills  ${seconds.toFixed(1).padStart(5)} s  ${state.padEnd(6)}  ${faults.join(' ')}`,
  )
}

/** What failed, the steps that led there, what the processes wrote last, and how to see it again. */
export function printFailure(stack: Stack, { seed, failures, steps }: SeedReport, options: readonly string[]): void {
  const file = join(tmpdir(), `nightbill-faults-seed-${seed}-${stack.kind}.log`)
  const logs = stack.processes.flatMap((process) => [`---- ${process.name}`, ...process.tail()])
  writeFileSync(file, [...failures.map((failure) => `FAILED: ${failure}`), '', ...steps, '', ...logs].join('\n'))
  console.log(`\nSeed ${seed} failed with the queue in ${stack.kind}:`)
  for (const failure of failures.slice(0, 20)) console.log(`  - ${failure}`)
  if (failures.length > 20) console.log(`  and ${failures.length - 20} more`)
  console.log('\nThe steps that led there (all faults, and what has to do with the failures):')
  for (const step of stepsOf(steps, failures)) console.log(`  ${step.slice(0, 400)}`)
  for (const process of stack.processes) {
    const tail = process.tail().slice(-SHOWN_LOG_LINES)
    if (tail.length > 0) console.log(`\nThe last lines of ${process.name}:`)
    for (const line of tail) console.log(`  ${line.slice(0, 300)}`)
  }
  console.log(`\nEvery step and more of the logs: ${file}`)
  console.log(
    `To play it again: node test/faults/driver/run.ts --seed ${seed} --backend ${stack.kind} ${options.join(' ')}`,
  )
  console.log('(the same operations and faults; how processes interleave cannot be had again exactly)\n')
}

/** Names and ids in the failures lead to the steps; without any it is the last steps that are shown. */
function stepsOf(steps: readonly string[], failures: readonly string[]): readonly string[] {
  const text = failures.join('\n')
  const names = new Set(text.match(/s\d+\.[a-z]+\.\d+|[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [])
  const ofFaults = (step: string) => / (F\d+|driver): /.test(step)
  const related = steps.filter((step) => ofFaults(step) || [...names].some((name) => step.includes(name)))
  const ofCallers = related.filter((step) => !ofFaults(step))
  return (ofCallers.length > 0 ? related : [...new Set([...related, ...steps.slice(-SHOWN_STEPS)])]).slice(
    -2 * SHOWN_STEPS,
  )
}
