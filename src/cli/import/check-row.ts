import { Compile } from 'typebox/compile'
import { Money, minorUnit, parseAmount } from '../../money.ts'
import type { Mapping } from './columns.ts'
import type { Field, FieldForm } from './kinds.ts'
import type { Row } from './read-rows.ts'

/** What is wrong with a line. `field` is empty when it is the whole line. */
export type Problem = { readonly line: number; readonly field: string; readonly message: string }

/** A row that may be sent. */
export type Item = { readonly row: Row; readonly body: Readonly<Record<string, unknown>> }

type Checked = { readonly item: Item } | { readonly problem: Problem }

const YES = /^(true|yes|1)$/i
const NO = /^(false|no|0)$/i

/** Opens the check of rows by themselves: whether each field has its form. What depends on accounts is checked after it. */
export function openCheck(fields: Readonly<Record<string, Field>>, mapping: Mapping): (row: Row) => Checked {
  const checks = Object.entries(fields).map(([field, { form, required = false }]) => ({
    field,
    required,
    parse: parserOf(form),
  }))
  return (row) => {
    if (row.unreadable !== undefined) return { problem: { line: row.line, field: '', message: row.unreadable } }
    const body: Record<string, unknown> = {}
    for (const { field, required, parse } of checks) {
      const value = (field === 'reference' ? mapping.reference(row) : undefined) ?? row.fields[mapping.nameOf(field)]
      const isEmpty = value === undefined || value === null || value === ''
      if (isEmpty && !required) continue
      const parsed = isEmpty ? { wrong: 'is empty' } : parse(value)
      if ('wrong' in parsed) return { problem: { line: row.line, field, message: parsed.wrong } }
      body[field] = parsed.value
    }
    return { item: { row, body } }
  }
}

type Parsed = { readonly value: unknown } | { readonly wrong: string }

function parserOf(form: FieldForm): (value: unknown) => Parsed {
  if (form === 'boolean') return parseBoolean
  if (form === 'integer') return parseCount
  const validator = Compile(form)
  const { description = '' } = form as { description?: string }
  const rule = `must be ${description.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())}`
  return (value) => {
    if (typeof value !== 'string') return { wrong: `${JSON.stringify(value)}: must be a text in quotes` }
    return validator.Check(value) ? { value } : { wrong: `${quoted(value)}: ${rule}` }
  }
}

function parseBoolean(value: unknown): Parsed {
  const text = String(value)
  if (YES.test(text)) return { value: true }
  return NO.test(text) ? { value: false } : { wrong: `${quoted(text)}: must be true or false` }
}

function parseCount(value: unknown): Parsed {
  const text = String(value)
  return /^\d{1,4}$/.test(text) ? { value: Number(text) } : { wrong: `${quoted(text)}: must be a whole number of days` }
}

/** What is wrong with an amount in a currency, said so that a person can mend it; undefined when nothing is. */
export function amountProblem(text: string, currency: string): string | undefined {
  const amount = parseAmount(text, currency)
  if (typeof amount !== 'string') return undefined
  const scale = minorUnit(currency) ?? 2
  const exact = new Money(text)
  if (exact.decimalPlaces() <= scale) return `${quoted(text)}: ${amount}`
  const down = exact.toFixed(scale, Money.ROUND_DOWN)
  const up = exact.toFixed(scale, Money.ROUND_UP)
  const decimals = scale === 0 ? 'no decimals' : `${scale} decimals`
  return `${quoted(text)}: ${currency} has ${decimals}, write ${Number(down) === 0 ? up : `${down} or ${up}`}`
}

const quoted = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)
