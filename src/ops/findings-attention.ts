import { PROBLEMS, type ProblemCode } from '../problems.ts'
import type { FailureCount, OpenRun } from '../reads/operations.ts'
import type { FindingRule } from './findings.ts'
import { MAX_WAIT_SECONDS, secondsBetween, waiting } from './findings-bad.ts'
import { group, sayCount, sayDuration, sayRun } from './wording.ts'

/** More than this is not counted: a higher number would not help anybody. */
export const MAX_FAILURES_COUNTED = 10_000

const MIN_WAIT_SECONDS = 60
/** How many times the usual is long. */
const WAIT_FACTOR = 10
const MAX_STANDSTILL_SECONDS = 60
/** How many times the median of the earlier runs is long, and what is not long for any run. */
const SLOW_FACTOR = 2
const MIN_SLOW_SECONDS = 60
const MAX_PROOF_AGE_SECONDS = 36 * 3_600

/** What is to be looked at soon. */
export const ATTENTION: Readonly<Record<string, FindingRule>> = {
  run_failures: ({ runsWithFailures }) =>
    runsWithFailures.map((run) => {
      const failed = total(run.failures)
      return {
        what: `${counted(failed, 'account')} could not be billed in ${sayRun(run)}`,
        why: `${sayCodes(run.failures)}. What ${failed === 1 ? 'it owes' : 'they owe'} stays pending: mend the cause, then retry.`,
        since: run.finished_at,
        action: { label: 'See why', target: { kind: 'bill-run-failures', id: run.id } },
      }
    }),

  run_stalled: ({ now, openRuns }) =>
    openRuns
      .filter((run) => standsStill(run, now))
      .map((run) => ({
        what: `${sayRun(run)} ${run.began_at === null ? 'has not begun' : 'makes no progress'}, for ${sayDuration(secondsBetween(run.last_progress_at, now))}`,
        why: `${run.trouble === null ? 'Do workers run?' : `In its way: ${run.trouble}.`} ${group(run.done)} of ${sayCount(run.accounts, 'account')} are dealt with and stay so; the rest goes on by itself.`,
        since: run.last_progress_at,
        action: { label: 'Look', target: { kind: 'bill-run', id: run.id } },
      })),

  run_slow: ({ now, openRuns }) =>
    openRuns
      .filter((run) => !standsStill(run, now))
      .flatMap((run) => {
        if (run.began_at === null || run.median_seconds === null) return []
        const seconds = secondsBetween(run.began_at, now)
        if (seconds <= Math.max(MIN_SLOW_SECONDS, SLOW_FACTOR * run.median_seconds)) return []
        return [
          {
            what: `${sayRun(run)} takes ${sayDuration(seconds)} so far, usually ${sayDuration(run.median_seconds)}`,
            why: `It goes on: ${group(run.done)} of ${sayCount(run.accounts, 'account')} are dealt with.`,
            since: run.began_at,
            action: { label: 'Look', target: { kind: 'bill-run', id: run.id } as const },
          },
        ]
      }),

  waits_longer_than_usual: (facts) =>
    waiting(
      facts,
      ({ oldestSeconds, usualSeconds }) =>
        oldestSeconds <= MAX_WAIT_SECONDS &&
        oldestSeconds > Math.max(MIN_WAIT_SECONDS, WAIT_FACTOR * (usualSeconds ?? 0)),
    ),

  requests_failed: ({ failedRequests: { counts, since } }) =>
    counts.length === 0
      ? []
      : [
          {
            what: `${counted(total(counts), 'request')} failed in the last 24 h`,
            why: `${sayCodes(counts)}. Nothing was changed by ${total(counts) === 1 ? 'it' : 'them'}.`,
            since,
            action: { label: 'See why', target: { kind: 'jobs', id: null, status: 'failed' } },
          },
        ],

  books_not_proved: ({ now, reconciliation }) => {
    const age = reconciliation === null ? null : secondsBetween(reconciliation.finishedAt, now)
    if (age !== null && age <= MAX_PROOF_AGE_SECONDS) return []
    return [
      {
        what: age === null ? 'The books were never proved' : `The books were last proved ${sayDuration(age)} ago`,
        why: 'The relay does it once a day: does it run? Nothing is known to be wrong.',
        since: reconciliation?.finishedAt ?? null,
        action: { label: 'Prove it now', target: { kind: 'reconciliation', id: null } },
      },
    ]
  },
}

const standsStill = (run: OpenRun, now: Date) => secondsBetween(run.last_progress_at, now) > MAX_STANDSTILL_SECONDS

const total = (counts: readonly FailureCount[]) => counts.reduce((sum, { count }) => sum + count, 0)

const counted = (count: number, one: string) =>
  count >= MAX_FAILURES_COUNTED ? `${group(MAX_FAILURES_COUNTED)} ${one}s or more` : sayCount(count, one)

/** "8: The database refused what would break a rule; 4: It took too long in every try". */
const sayCodes = (counts: readonly FailureCount[]) =>
  counts.map(({ code, count }) => `${group(count)}: ${PROBLEMS[code as ProblemCode]?.title ?? code}`).join('; ')
