import { type Static, Type } from 'typebox'
import type { BegunRun, HistoryRow, Steps } from '../../reads/operations-history.ts'
import { Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { Time } from './time.ts'

const Series = (description: string) => Type.Array(Type.Union([Type.Number(), Type.Null()]), { description })

export const OperationsHistoryView = Type.Object(
  {
    from: Time,
    stepSeconds: Type.Integer({ minimum: 60 }),
    kinds: Type.Array(
      Type.Object({
        kind: Type.String(),
        waiting: Series('The most that waited in the step'),
        oldestSeconds: Series('The age of the oldest, at most'),
        donePerMinute: Series('Finished a minute, on average'),
        failedPerHour: Series('Failed within an hour, at most'),
      }),
      { description: 'A value for each step, from the first; null where nobody measured' },
    ),
    runs: Type.Array(Type.Object({ billRunId: Uuid, name: Type.String(), startedAt: Time }), {
      description: 'The bill runs that began meanwhile, the last 200 at most',
    }),
  },
  { description: 'How the work went on', examples: [ANSWERS.operationsHistory] },
)
export type OperationsHistoryView = Static<typeof OperationsHistoryView>

export function presentHistory(
  { from, stepSeconds, count }: Steps,
  rows: readonly HistoryRow[],
  runs: readonly BegunRun[],
): OperationsHistoryView {
  const kinds = Map.groupBy(rows, ({ kind }) => kind)
  return {
    from: from.toISOString(),
    stepSeconds,
    kinds: [...kinds].map(([kind, samples]) => {
      const at = new Map(samples.map((sample) => [sample.step, sample]))
      const series = (value: (row: HistoryRow) => number) =>
        Array.from({ length: count }, (_, step) => {
          const sample = at.get(step)
          return sample ? value(sample) : null
        })
      return {
        kind,
        waiting: series(({ open }) => open),
        oldestSeconds: series(({ oldest_seconds }) => oldest_seconds),
        donePerMinute: series(({ done_per_minute }) => done_per_minute),
        failedPerHour: series(({ failed_per_hour }) => failed_per_hour),
      }
    }),
    runs: runs.map(({ id, name, schedule_name, bill_group, started_at }) => ({
      billRunId: id,
      name: schedule_name ?? name ?? bill_group ?? 'named accounts',
      startedAt: started_at.toISOString(),
    })),
  }
}
