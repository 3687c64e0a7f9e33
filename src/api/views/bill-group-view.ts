import { type Static, Type } from 'typebox'
import { type BillGroupRow, MAX_ACCOUNTS_COUNTED } from '../../reads/bill-groups.ts'
import { BillGroup } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { GROUP_PLACE } from '../places.ts'

export const BillGroupView = Type.Object(
  {
    billGroup: BillGroup,
    accounts: Type.Integer({ description: 'How many accounts it has' }),
    atLeast: Type.Boolean({
      description: `True when the counting stopped at ${MAX_ACCOUNTS_COUNTED.toLocaleString('en')}: there may be more`,
    }),
  },
  { description: 'A bill group', examples: [ANSWERS.billGroup] },
)
export type BillGroupView = Static<typeof BillGroupView>

/** Bill groups in a list, by their names. */
export const BILL_GROUPS: List<BillGroupRow, string, BillGroupView> = {
  present: ({ bill_group, accounts }) => ({
    billGroup: bill_group,
    accounts,
    atLeast: accounts >= MAX_ACCOUNTS_COUNTED,
  }),
  format: GROUP_PLACE,
  placeOf: ({ bill_group }) => bill_group,
}
