import { Type } from 'typebox'

/** The parameter of an address that names an account. No key may have a `~`. */
export const AccountParams = Type.Object({
  accountId: Type.String({
    pattern: '^([A-Za-z0-9_.:-]{1,64}|~\\.{1,2})$',
    description:
      "The caller's own key of the account. Those called `.` and `..`, which a client folds out of an address, are written `~.` and `~..`",
  }),
})

/** The key in such a parameter. */
export const keyOf = ({ accountId }: { readonly accountId: string }): string => accountId.replace('~', '')
