import type { Static, TObject, TSchema } from 'typebox'
import type { Api, Scope } from './context.ts'
import { type PageAnswer, PageOf, PlainPageQuery } from './paging.ts'
import { problems } from './view-responses.ts'

/** A call that lists things, page by page. */
export type ListCall<Item extends TSchema, Query extends TObject, Params extends TObject> = {
  readonly path: string
  readonly scope: Scope
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
  }) => Promise<PageAnswer<Static<Item>>>
}

/** A GET that lists things. */
export function listRoute<
  Item extends TSchema,
  Query extends TObject = typeof PlainPageQuery,
  Params extends TObject = TObject,
>(
  api: Api,
  { path, scope, tag, item, query, params, refusals = [], answer, ...described }: ListCall<Item, Query, Params>,
): void {
  api.get(path, {
    config: { scope },
    schema: {
      ...described,
      tags: [tag],
      ...(params ? { params } : {}),
      querystring: query ?? PlainPageQuery,
      response: { 200: PageOf(item) as TSchema, ...problems(...refusals) },
    },
    handler: ({ query, params }) => answer({ query: query as Static<Query>, params: params as Static<Params> }),
  })
}
