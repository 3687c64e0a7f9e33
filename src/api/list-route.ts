import { type Static, type TObject, type TSchema, Type } from 'typebox'
import type { Api, Caller, Scope } from './context.ts'
import { csvColumns, prefersCsv, sendCsv } from './csv.ts'
import { MAX_LIMIT, type PageAnswer, PageOf, type PageQuery, PlainPageQuery } from './paging.ts'
import { problems } from './view-responses.ts'

/** A call that lists things, page by page. */
export type ListCall<Item extends TSchema, Query extends TObject, Params extends TObject> = {
  readonly path: string
  readonly scope: Scope | 'any'
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tag: string
  readonly item: Item
  /** With its filters; that of a list without any unless said. */
  readonly query?: Query
  /** What the path names. */
  readonly params?: Params
  /** The statuses of its refusals, beside those of every call. */
  readonly refusals?: readonly number[]
  /** Gives a page of them: see answerPage. */
  readonly answer: (request: {
    readonly query: Static<Query>
    readonly params: Static<Params>
    readonly caller: Caller
  }) => Promise<PageAnswer<Static<Item>>>
}

/** A GET that lists things: page by page as JSON, or all of them as CSV. */
export function listRoute<
  Item extends TSchema,
  Query extends TObject = typeof PlainPageQuery,
  Params extends TObject = TObject,
>(
  api: Api,
  { path, scope, tag, item, query, params, refusals = [], answer, ...described }: ListCall<Item, Query, Params>,
): void {
  const csv = { columns: csvColumns(item), name: path.split('/').at(-1) as string }
  api.get(path, {
    config: { scope },
    schema: {
      ...described,
      tags: [tag],
      ...(params ? { params } : {}),
      querystring: query ?? PlainPageQuery,
      response: { 200: pageOrCsv(item, csv.columns), ...problems(...refusals) },
    },
    handler: async (request, reply) => {
      const query = request.query as Static<Query> & PageQuery
      const params = request.params as Static<Params>
      const caller = request.caller as Caller
      reply.header('vary', 'accept')
      if (!prefersCsv(request.headers.accept)) return answer({ query, params, caller })
      const { limit = `${MAX_LIMIT}` } = query
      return sendCsv(request, reply, {
        ...csv,
        read: (cursor = query.cursor) => answer({ query: { ...query, limit, cursor }, params, caller }),
        onePage: query.limit !== undefined,
      })
    },
  })
}

/** The answer with a page of items, or with all of them as CSV. */
function pageOrCsv(item: TSchema & { readonly examples?: readonly unknown[] }, columns: readonly string[]): object {
  return {
    description: 'A page of them',
    content: {
      'application/json': { schema: PageOf(item), example: { data: item.examples ?? [], nextCursor: null } },
      'text/csv': {
        schema: Type.String({
          description:
            'With `Accept: text/csv`: all that match, or as many as limit says. Lists within an item are left out.',
        }),
        example: `${columns.join(',')}\r\n`,
      },
    },
  }
}
