import { Type } from 'typebox'
import { REFUSALS } from './example-answers.ts'

/** A problem document, as every refusal is answered (RFC 9457). */
export const ProblemView = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable: branch on this' }),
    retryable: Type.Boolean({ description: 'Whether the same request can succeed later, unchanged' }),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() }))),
  },
  {
    $id: 'Problem',
    examples: [REFUSALS[404]],
  },
)

const NAMES: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'No valid API key',
  403: 'The API key lacks the scope, or another site made a browser ask',
  404: 'Not found',
  409: 'It cannot be done as things are',
  422: 'It cannot be done at all',
  429: 'Too many requests',
  503: 'The database is away',
}

/** The refusals that a call can be answered with; those that every call shares are always among them. */
export function problems(...statuses: readonly number[]): Record<number, object> {
  return Object.fromEntries(
    [...new Set([400, 401, 403, 429, 503, ...statuses])].map((status) => [
      status,
      {
        description: NAMES[status],
        content: { 'application/problem+json': { schema: Type.Ref('Problem'), example: REFUSALS[status] } },
      },
    ]),
  )
}

/** Answered with no body. */
export const NoContent = { 204: Type.Null({ description: 'Done' }) }

/** Every POST takes an Idempotency-Key. */
export const withIdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description: '1 to 255 visible ASCII characters: the same key with the same body gives the first answer again',
    }),
  ),
})
