import { type TProperties, type TSchema, Type } from 'typebox'
import { Refusal } from '../problems.ts'
import type { Page } from '../reads/keyset.ts'
import type { PlaceFormat } from './places.ts'

const DEFAULT_LIMIT = 50
export const MAX_LIMIT = 500

const PageQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9]|[1-9][0-9]|[1-4][0-9][0-9]|500)$',
      description: `1 to ${MAX_LIMIT}, ${DEFAULT_LIMIT} by default`,
    }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'The nextCursor of the page before' })),
}
export type PageQuery = { readonly limit?: string | undefined; readonly cursor?: string | undefined }

/** The query of a list, with its filters. Numbers in a query are strings: nothing is coerced. */
export const pageQuery = <Filters extends TProperties>(filters: Filters) =>
  Type.Object({ ...PageQuery, ...filters }, { additionalProperties: false })

/** The query of a list that has no filters. */
export const PlainPageQuery = pageQuery({})

/** A page of items, with an example of one that has an example. */
export const PageOf = <T extends TSchema & { readonly examples?: readonly unknown[] }>(item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page' }),
    },
    { description: 'A page of them', examples: [{ data: item.examples ?? [], nextCursor: null }] },
  )

export type PageAnswer<Item> = { readonly data: Item[]; readonly nextCursor: string | null }

/** A list: how a row's place in it is written, and how a row is shown. */
export type List<Row, Place, Item> = {
  readonly format: PlaceFormat<Place>
  readonly placeOf: (row: Row) => Place
  readonly present: (row: Row) => Item
}

/**
 * Answers a page of a list: `read` reads the rows of a page. Throws a Refusal `invalid_cursor`. One row more than is shown is read, which
 * tells whether there is a next page; its cursor names the place of the last row that is shown.
 */
export async function answerPage<Row, Place, Item>(
  { limit: asked, cursor }: PageQuery,
  { format, placeOf, present }: List<Row, Place, Item>,
  read: (page: Page<Place>) => Promise<readonly Row[]>,
): Promise<PageAnswer<Item>> {
  const limit = asked === undefined ? DEFAULT_LIMIT : Number(asked)
  const after = cursor === undefined ? undefined : placeAt(cursor, format)
  const rows = await read({ limit: limit + 1, after })
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const isLastPage = rows.length <= limit || last === undefined
  const nextCursor = isLastPage ? null : Buffer.from(format.write(placeOf(last))).toString('base64url')
  return { data: shown.map(present), nextCursor }
}

function placeAt<Place>(cursor: string, { pattern, parse }: PlaceFormat<Place>): Place {
  const match = pattern.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (match) return parse(match)
  const message = 'use the nextCursor of the page before, unchanged'
  throw new Refusal('invalid_cursor', message, [{ pointer: '/querystring/cursor', message }])
}
