import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { BadRow } from './check-file.ts'
import { PROBLEM_COLUMN } from './columns.ts'
import type { Source } from './source.ts'

export type Rejects = {
  readonly add: (bad: readonly BadRow[]) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * The file of bad lines, as they stand in the imported file with what is wrong behind them, ready to be mended and sent. It is written when
 * there is the first one.
 */
export async function openRejects(
  path: string | undefined,
  source: Source,
  heading: readonly string[] | undefined,
): Promise<Rejects> {
  if (path === undefined) return { add: async () => {}, close: async () => {} }
  if (resolve(path) === resolve(source.path)) throw new CommandError('--rejects must be another file than the imported')
  const { stringify } = await import('csv-stringify/sync')
  let file: FileHandle | undefined
  const lineOf = ({ row, problem }: BadRow) => {
    const why = problem.field === '' ? problem.message : `${problem.field} ${problem.message}`
    if (heading) return stringify([[...withoutProblem(row.given), why]])
    return `${JSON.stringify({ ...row.fields, [PROBLEM_COLUMN]: why })}\n`
  }
  const own = heading?.indexOf(PROBLEM_COLUMN) ?? -1
  const withoutProblem = (cells: readonly string[]) => (own < 0 ? cells : cells.toSpliced(own, 1))
  return {
    add: async (bad) => {
      if (bad.length === 0) return
      if (!file) {
        file = await open(path, 'w', 0o600)
        if (heading) await file.write(stringify([[...withoutProblem(heading), PROBLEM_COLUMN]]))
      }
      await file.write(bad.map(lineOf).join(''))
    },
    close: async () => file?.close(),
  }
}
