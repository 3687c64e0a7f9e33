import { Type } from 'typebox'
import { Description } from '../requests/formats.ts'
import { EXAMPLES } from './examples.ts'

const reason = Type.Optional(Description)

/** What a call takes that undoes something: why, which its audit entry keeps. */
export const ReasonBody = Type.Object({ reason }, { additionalProperties: false, examples: [EXAMPLES.reason] })

/** The same for a DELETE, whose body proxies and clients drop. */
export const ReasonQuery = Type.Object({ reason }, { additionalProperties: false })
