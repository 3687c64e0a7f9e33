import type { Static, TObject, TSchema } from 'typebox'
import type { Tx } from '../db/open.ts'
import type { Api, ApiContext, Scope } from './context.ts'
import { type Answer, handleWrite } from './handle-write.ts'
import { ReasonBody, ReasonQuery } from './reason.ts'
import { NoContent, problems, withIdempotencyKey } from './view-responses.ts'

/** A call that changes one thing that is there, such as to retry, to cancel or to delete it, with a reason for the audit. */
export type Change = {
  /** Its one parameter names the thing. */
  readonly path: string
  readonly params: TObject
  readonly scope: Scope
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /** What the audit calls it, `noun.verb`. */
  readonly action: string
  /** The statuses of its refusals, beside those of every call. */
  readonly refusals: readonly number[]
}

/**
 * A POST that changes a thing. It takes the reason in its body, with what else the body says, and answers 202 with what has become of the
 * thing. The `detail` that the script returns goes into the audit.
 */
export function changeRoute<Body extends TObject = typeof ReasonBody>(
  api: Api,
  context: ApiContext,
  change: Change & {
    /** The reason alone unless said. */
    readonly body?: Body
    readonly view: TSchema
    readonly script: (
      tx: Tx,
      id: string,
      body: Static<Body>,
    ) => Promise<Pick<Answer, 'body' | 'location' | 'wake'> & { readonly detail?: string }>
  },
): void {
  const { path, scope, action, refusals, body = ReasonBody, view, script } = change
  api.post(path, {
    config: { scope, bodyOptional: true },
    schema: {
      ...described(change),
      headers: withIdempotencyKey,
      body: body as TObject,
      response: { 202: view, ...problems(...refusals) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const subject = idOf(request.params)
        const asked = (request.body ?? {}) as Static<Body> & { readonly reason?: string }
        const { detail, ...answer } = await script(tx, subject, asked)
        return { status: 202, ...answer, audit: { action, subject, reason: asked.reason, detail } }
      }),
  })
}

/** A DELETE. It takes the reason in its query, and answers with no body. */
export function deleteRoute(
  api: Api,
  context: ApiContext,
  change: Change & Pick<Answer, 'wake'> & { readonly script: (tx: Tx, id: string) => Promise<void> },
): void {
  const { path, scope, action, refusals, wake, script } = change
  api.delete(path, {
    config: { scope },
    schema: { ...described(change), querystring: ReasonQuery, response: { ...NoContent, ...problems(...refusals) } },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const subject = idOf(request.params)
        await script(tx, subject)
        const audit = { action, subject, reason: request.query.reason }
        return { status: 204, audit, ...(wake ? { wake } : {}) }
      }),
  })
}

const described = ({ operationId, summary, description, tag, params }: Change) => ({
  operationId,
  summary,
  ...(description === undefined ? {} : { description }),
  tags: [tag],
  params,
})

const idOf = (params: unknown) => Object.values(params as Record<string, string>)[0] as string
