import { type TSchema, Type } from 'typebox'
import type { EntryKind } from '../billing/entries.ts'
import { Refusal } from '../problems.ts'
import type { TransactionPlace } from '../reads/transactions.ts'

const DEFAULT_LIMIT = 50

/** The query of every list. Numbers in a query are strings: nothing is coerced. */
export const PageQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9]|[1-9][0-9]|[1-4][0-9][0-9]|500)$',
      description: `1 to 500, ${DEFAULT_LIMIT} by default`,
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'The nextCursor of the page before' })),
}

/** A page of items, with an example of one that has an example. */
export const PageOf = <T extends TSchema & { readonly examples?: readonly unknown[] }>(item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page' }),
    },
    { description: 'A page of them', examples: [{ data: item.examples ?? [], nextCursor: null }] },
  )

export type Page<T> = { readonly data: T[]; readonly nextCursor: string | null }

export const limitOf = (query: { readonly limit?: string }) =>
  query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit)

/** Makes a page of rows of which one more than the limit was read. A cursor names the last row's place in the order. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  place: (row: Row) => string | number,
  present: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { data: shown.map(present), nextCursor: more ? Buffer.from(String(place(last))).toString('base64url') : null }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MOMENT_AND_ID = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const WHOLE = /^(0|[1-9][0-9]{0,15})$/

/** The place that a cursor names. Throws a Refusal `invalid_cursor`. */
export function uuidCursor(cursor: string | undefined): string | undefined {
  return read(cursor, UUID)
}

export function nameCursor(cursor: string | undefined): string | undefined {
  return read(cursor, NAME)
}

export function numberCursor(cursor: string | undefined): number | undefined {
  const place = read(cursor, WHOLE)
  return place === undefined ? undefined : Number(place)
}

/** A time to the microsecond and an id. */
export function auditCursor(cursor: string | undefined): { readonly at: string; readonly id: string } | undefined {
  const [at, id] = read(cursor, MOMENT_AND_ID)?.split('/') ?? []
  return at === undefined || id === undefined ? undefined : { at, id }
}

const LINE =
  /^(charge|credit|reversed_credit)\/(\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00)?)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** The place of a line on its invoice. */
export function transactionCursor(cursor: string | undefined): TransactionPlace | undefined {
  const [, kind, at, id] = LINE.exec(read(cursor, LINE) ?? '') ?? []
  return kind === undefined || at === undefined || id === undefined ? undefined : { kind: kind as EntryKind, at, id }
}

function read(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined
  const place = Buffer.from(cursor, 'base64url').toString('latin1')
  if (!form.test(place)) {
    const message = 'use the nextCursor of the page before, unchanged'
    throw new Refusal('invalid_cursor', message, [{ pointer: '/querystring/cursor', message }])
  }
  return place
}
