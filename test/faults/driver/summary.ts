import type { SeedReport } from './play-seed.ts'
import type { BackendKind } from './stack.ts'
import { openTallies, sumOf, type Tally } from './tally.ts'

export type Summary = ReturnType<typeof openSummary>

/** Adds up what the seeds report. */
export function openSummary() {
  const all = openTallies()
  const seeds: {
    readonly seed: number
    readonly backend: BackendKind
    readonly seconds: number
    readonly failures: readonly string[]
  }[] = []
  const corruptions: { readonly said: string; readonly failed: boolean }[] = []
  const peaks = new Map<string, number>()
  const failed = () =>
    seeds.filter(({ failures }) => failures.length > 0).length + corruptions.filter((one) => one.failed).length
  return {
    add: (backend: BackendKind, { seed, seconds, failures, tallies }: SeedReport) => {
      seeds.push({ seed, backend, seconds: Math.round(seconds * 10) / 10, failures })
      for (const name of ['operations', 'answers', 'faults', 'kills', 'remarks'] as const)
        addAll(all[name], tallies[name])
      all.apiBackMs.push(...tallies.apiBackMs)
    },
    /** F14: what reconcile said of a corrupted copy. */
    corruption: (outcome: { readonly said: string; readonly failed: boolean }) => void corruptions.push(outcome),
    /** The most memory that a process has held, in MB. */
    peak: (process: string, mb: number) => void peaks.set(process, Math.max(mb, peaks.get(process) ?? 0)),
    played: (backend: BackendKind) => seeds.filter((one) => one.backend === backend).length,
    passed: () => seeds.length - seeds.filter(({ failures }) => failures.length > 0).length,
    failed,
    asJson: () => ({
      passed: seeds.length + corruptions.length - failed(),
      failed: failed(),
      seconds: Math.round(performance.now() / 1_000),
      seeds,
      corruptions,
      operations: all.operations.counts(),
      answers: all.answers.counts(),
      faults: all.faults.counts(),
      kills: all.kills.counts(),
      apiBackMs: all.apiBackMs,
      peakMb: Object.fromEntries(peaks),
      remarks: all.remarks.counts(),
    }),
  } as const
}

function addAll(to: Tally, from: Tally): void {
  for (const [name, count] of Object.entries(from.counts())) to.add(name, count)
}

export function printSummary(summary: Summary): void {
  const { seeds, operations, faults, kills, apiBackMs, peakMb, remarks, corruptions, passed, failed, seconds } =
    summary.asJson()
  console.log(
    `\n${seeds.length} seeds in ${seconds} s: ${sumOf(operations)} operations, ${sumOf(faults)} faults, ${sumOf(kills)} kills`,
  )
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([name, count]) => `  ${String(count).padStart(5)}  ${name}`)
  for (const [title, counts] of Object.entries({ Faults: faults, Kills: kills, 'Peak memory in MB': peakMb }))
    if (Object.keys(counts).length > 0) console.log(`${title}:\n${list(counts).join('\n')}`)
  if (apiBackMs.length > 0) {
    const sorted = apiBackMs.toSorted((one, other) => one - other)
    console.log(
      `A killed API answered again after ${sorted[Math.floor(sorted.length / 2)]} ms (half of them), ${sorted.at(-1)} ms at most`,
    )
  }
  for (const { said, failed: unseen } of corruptions)
    console.log(`F14 ${unseen ? 'NOT SEEN' : 'seen by reconcile'}: ${said}`)
  if (Object.keys(remarks).length > 0)
    console.log(`To look at (no fault explains it, and nothing came of it):\n${list(remarks).join('\n')}`)
  console.log(`\n${passed} passed, ${failed} failed`)
}
