import type { Logger } from 'pino'
import { expect } from 'vitest'
import { openLog } from '../../src/open-log.ts'

export type LogLine = { readonly level: number; readonly msg?: string } & Readonly<Record<string, unknown>>

/** From this level on a line tells of an error (pino's numbers: 30 info, 40 warn, 50 error, 60 fatal). */
const ERROR = 50

/** The service's own log, kept in memory. */
export function captureLog(): { readonly log: Logger; readonly logged: readonly LogLine[] } {
  const logged: LogLine[] = []
  const log = openLog('test', 'info', { write: (line: string) => void logged.push(JSON.parse(line) as LogLine) })
  return { log, logged }
}

/** Expects that nothing went wrong which the service did not foresee. */
export function expectNoErrors(logged: readonly LogLine[]): void {
  const errors = logged.filter(({ level }) => level >= ERROR)
  expect(errors.map(({ msg, err }) => ({ msg, stack: (err as Error | undefined)?.stack }))).toEqual([])
}
