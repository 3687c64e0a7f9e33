import { type Static, Type } from 'typebox'
import { Description } from './formats.ts'

export const ReversalRequest = Type.Object({ reason: Type.Optional(Description) }, { additionalProperties: false })
export type ReversalRequest = Static<typeof ReversalRequest>
