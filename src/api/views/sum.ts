import { Type } from 'typebox'

/** A sum of money as it is shown: zero or more, in its currency's decimals. */
export const Sum = (description: string) => Type.String({ pattern: '^[0-9]+(\\.[0-9]+)?$', description })
