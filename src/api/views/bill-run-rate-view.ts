import { type Static, Type } from 'typebox'
import type { BillRunRate } from '../../reads/bill-run-rate.ts'
import { ANSWERS } from '../example-answers.ts'
import { TimeOrNull, timeOrNull } from './time.ts'

export const BillRunRateView = Type.Object(
  {
    from: TimeOrNull,
    stepSeconds: Type.Integer({ minimum: 1 }),
    accounts: Type.Array(Type.Integer({ minimum: 0 }), {
      description: 'How many accounts in each step, from `from` on',
    }),
  },
  { description: 'The speed of the bill run', examples: [ANSWERS.billRunRate] },
)
export type BillRunRateView = Static<typeof BillRunRateView>

export function presentBillRunRate({ from, stepSeconds, accounts }: BillRunRate): BillRunRateView {
  return { from: timeOrNull(from), stepSeconds, accounts: [...accounts] }
}
