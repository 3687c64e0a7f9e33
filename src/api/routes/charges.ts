import { Type } from 'typebox'
import { recordCharges } from '../../ledger/charges/record-charges.ts'
import { AccountId, Amount, CalendarDate, Description, Reference } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { today } from '../today.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { ChargeView, presentCharge } from '../views/charge-view.ts'

export const NewCharge = Type.Object(
  {
    accountId: AccountId,
    amount: Amount,
    description: Description,
    chargedOn: Type.Optional(CalendarDate),
    reference: Type.Optional(Reference),
  },
  { additionalProperties: false },
)
const NewCharges = Type.Object(
  { charges: Type.Array(NewCharge, { minItems: 1, maxItems: 1_000 }) },
  { additionalProperties: false, examples: [EXAMPLES.newCharges] },
)
export const RecordedCharges = Type.Object(
  { charges: Type.Array(ChargeView) },
  { description: 'Recorded', examples: [ANSWERS.charges] },
)

export const chargeRoutes: Routes = (api, context) => {
  api.post('/v1/charges', {
    config: { scope: 'enqueue' },
    schema: {
      operationId: 'postCharges',
      summary: 'Record charges, all or none',
      description: 'A reference that the account has seen returns the first charge.',
      tags: ['charges'],
      headers: withIdempotencyKey,
      body: NewCharges,
      response: { 201: RecordedCharges, ...problems(404, 409, 422) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const charges = request.body.charges.map((charge) => ({
          ...charge,
          chargedOn: charge.chargedOn ?? today(),
          dateGiven: charge.chargedOn !== undefined,
        }))
        const recorded = await recordCharges(tx, charges)
        const detail = `the first of ${recorded.length}`
        const audit = { action: 'charge.record', subject: recorded[0]?.id ?? '', detail }
        return { status: 201, body: { charges: recorded.map(presentCharge) }, audit }
      }),
  })
}
