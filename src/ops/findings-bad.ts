import type { Facts, WorkFacts } from './facts.ts'
import type { FindingRule } from './findings.ts'
import { sayCount, sayDuration, sayKind, sayRun } from './wording.ts'

/** The oldest request may wait this long before it is bad. */
export const MAX_WAIT_SECONDS = 600
/** A schedule's run is to begin this soon after it is due. */
const MAX_START_SECONDS = 300

/** What must be mended now. */
export const BAD: Readonly<Record<string, FindingRule>> = {
  queue_unreachable: ({ readiness }) =>
    readiness.queue === 'ok'
      ? []
      : [
          {
            what: 'The queue cannot be reached',
            why: 'Nothing is lost: what was accepted is in the database, and is carried out within a minute of the queue’s return.',
            since: null,
            action: { label: 'Look', target: { kind: 'readiness', id: null } },
          },
        ],

  migrations_pending: ({ readiness }) =>
    readiness.migrations !== 'pending'
      ? []
      : [
          {
            what: 'The database is not migrated',
            why: 'This version needs a newer schema: run `nightbill migrate`. The data are safe.',
            since: null,
            action: { label: 'Look', target: { kind: 'readiness', id: null } },
          },
        ],

  books_broken: ({ reconciliation, brokenRuns }) => [
    ...(reconciliation === null || reconciliation.ok
      ? []
      : [
          {
            what: `The books do not add up: ${sayCount(reconciliation.broken.length, 'rule is', 'rules are')} broken`,
            why: `${reconciliation.broken.join(', ')}. Stop bill runs until it is understood.`,
            since: reconciliation.finishedAt,
            action: { label: 'See which', target: reconciliationOf(reconciliation.id) },
          },
        ]),
    ...brokenRuns.map(({ run, id, broken, finishedAt }) => ({
      what: `What ${sayRun(run)} wrote does not add up: ${sayCount(broken.length, 'rule is', 'rules are')} broken`,
      why: `${broken.join(', ')}. Stop bill runs until it is understood.`,
      since: finishedAt,
      action: { label: 'See which', target: reconciliationOf(id) },
    })),
  ],

  schedule_not_begun: ({ now, schedules }) =>
    schedules
      .map((schedule) => ({ ...schedule, late: secondsBetween(schedule.due, now) }))
      .filter(({ begun, late }) => !begun && late > MAX_START_SECONDS)
      .map(({ name, due, late, proposed }) => ({
        what: `The bill run of ${name} has not begun, ${sayDuration(late)} after it was due`,
        why: `${proposed ? 'It was proposed, and no worker has taken it.' : 'Nobody has proposed it: does the relay run?'} It is made up once, and nothing is billed twice.`,
        since: due,
        action: { label: 'Look', target: { kind: 'schedule', id: name } },
      })),

  waits_too_long: (facts) => waiting(facts, ({ oldestSeconds }) => oldestSeconds > MAX_WAIT_SECONDS),
}

const reconciliationOf = (id: number) => ({ kind: 'reconciliation', id: String(id) }) as const

export const secondsBetween = (from: Date, to: Date) => (to.getTime() - from.getTime()) / 1_000

/** The kinds of requests of which the oldest waits for as long as the condition says. */
export function waiting({ now, work }: Facts, isLong: (kind: WorkFacts) => boolean): ReturnType<FindingRule> {
  return work
    .filter((one) => one.isRequest && one.open > 0 && isLong(one))
    .map(({ kind, open, oldestSeconds, usualSeconds, lastTakenAt }) => {
      const usual = usualSeconds === null ? '' : `, usually ${sayDuration(usualSeconds)}`
      return {
        what: `The oldest ${sayKind(kind)} waits ${sayDuration(oldestSeconds)}${usual}`,
        why: `${sayTaken(now, lastTakenAt)} Nothing is lost: ${sayCount(open, 'request is safe and is', 'requests are safe and are')} carried out once a worker takes ${open === 1 ? 'it' : 'them'}.`,
        since: new Date(now.getTime() - oldestSeconds * 1_000),
        action: { label: 'Look', target: { kind: 'jobs', id: null, status: 'queued', type: kind } },
      }
    })
}

function sayTaken(now: Date, lastTakenAt: Date | null): string {
  if (lastTakenAt === null) return 'No worker has ever taken one.'
  const ago = secondsBetween(lastTakenAt, now)
  return ago < 60 ? 'Workers take them, but not fast enough.' : `No worker has taken one for ${sayDuration(ago)}.`
}
