import { type Static, Type } from 'typebox'
import { defineJob, PATIENTLY } from './define-job.ts'
import { Description, Uuid } from './formats.ts'

export const ReversalRequest = Type.Object({ reason: Type.Optional(Description) }, { additionalProperties: false })
export type ReversalRequest = Static<typeof ReversalRequest>

/** Mark an issued credit for reversal; the account's next bill run applies it. */
export const reversalJob = defineJob({
  name: 'reversal',
  payload: Type.Object({ v: Type.Literal(1), jobId: Uuid }, { additionalProperties: false }),
  idOf: ({ jobId }) => jobId,
  retry: PATIENTLY,
})
