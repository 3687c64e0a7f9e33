import { styleText } from 'node:util'
import { printable } from '../client/printable.ts'

/** A line of the log: one of pino's. */
export type LogRecord = {
  readonly level: number
  readonly time: number
  readonly name?: string
  readonly msg: string
  readonly [field: string]: unknown
}

const WARN = 40
const ERROR = 50

/** Fields that say nothing to whoever reads along. */
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'reqId', 'err', 'ids'])

/** What a record that is no warning means to a person, by its message; the others are not worth a sentence. */
const SENTENCES: Readonly<Record<string, (record: LogRecord) => string | undefined>> = {
  'scheduled bill run': ({ schedule, date }) => `Schedule ${schedule} starts a bill run as of ${date}.`,
  'reconciled: everything adds up': ({ rules, billRunId }) =>
    billRunId === undefined ? `The books add up: ${rules} of ${rules} rules hold.` : undefined,
}

/** A log record as a line of plain text; undefined when it is nothing that a person waits for. Warnings and errors are told in full. */
export function logSentence(record: LogRecord, colours: boolean): string | undefined {
  if (record.level >= WARN) return warning(record, colours)
  const sentence = SENTENCES[record.msg]?.(record) ?? (record.name === 'serve' ? `${capital(record.msg)}.` : undefined)
  return sentence === undefined ? undefined : `${clock(record.time)}  ${printable(sentence)}`
}

/** `13:20:05` in the terminal's time zone. */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB')
}

function warning(record: LogRecord, colours: boolean): string {
  const isError = record.level >= ERROR
  const sign = isError ? '✗' : '▲'
  const painted = colours ? styleText(isError ? 'red' : 'yellow', sign, { validateStream: false }) : sign
  const fields = Object.entries(record)
    .filter(([field, value]) => !HIDDEN.has(field) && value !== undefined)
    .map(([field, value]) => `${field} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const error = record.err as { readonly message?: string; readonly stack?: string } | undefined
  const lines = (error?.stack ?? error?.message ?? '').split('\n').filter((line) => line !== '')
  const head = [`${record.name}: ${record.msg}`, ...fields].join('; ')
  return [
    `${clock(record.time)}  ${painted} ${printable(head)}`,
    ...lines.map((line) => `          ${printable(line.trim())}`),
  ].join('\n')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
