import { type Credit, type Fate, randomAmount, said } from '../ledger.ts'
import { readMinor } from '../money.ts'
import type { Caller } from '../scene.ts'

type Unpaid = { readonly data: readonly { readonly invoiceId: string; readonly balance: string }[] }
type Made = { readonly disbursement: { readonly disbursementId: string; readonly amount: string } }

/** Does something to a credit that nobody else is at, so that the answers say what became of it; mostly to one in this state. */
export const onCredit =
  (act: (caller: Caller, credit: Credit) => Promise<void>, mostly?: Fate) =>
  async (caller: Caller): Promise<void> => {
    const idle = caller.scene.ledger.idleCredits()
    const fitting = idle.filter(({ fates }) => mostly === undefined || fates.has(mostly))
    const credit = caller.dice.pickAny(fitting.length > 0 && caller.dice.chance(0.8) ? fitting : idle)
    if (!credit) return
    credit.busy = true
    try {
      await act(caller, credit)
    } finally {
      credit.busy = false
    }
  }

/** Granted while it is pending or deleted; refused once it is issued. It may not be recorded yet. */
export async function remove({ scene, calls }: Caller, credit: Credit): Promise<void> {
  const answer = await calls.untilAnswered({ method: 'DELETE', path: `/v1/credits/${credit.creditId}` })
  if (answer.kind === 'done') credit.fates = only('deleted')
  else if (!['credit_already_issued', 'credit_not_found'].includes(answer.code))
    scene.failures.push(`deleting ${credit.label} was refused: ${answer.status} ${answer.code}`)
}

export async function reverse({ scene, calls, dice }: Caller, credit: Credit): Promise<void> {
  const call = {
    method: 'POST',
    path: `/v1/credits/${credit.creditId}/reversal`,
    body: { reason: 'At random' },
  } as const
  const answer = await calls.untilAnswered(
    dice.chance(0.5) ? { ...call, key: scene.ledger.newLabel('reversal') } : call,
  )
  if (answer.kind === 'done' || answer.code === 'credit_already_reversed') credit.fates = only('reversed')
  else if (!['credit_not_issued', 'credit_not_found'].includes(answer.code))
    scene.failures.push(`reversing ${credit.label} was refused: ${answer.status} ${answer.code}`)
}

export async function cancelReversal({ scene, calls }: Caller, credit: Credit): Promise<void> {
  const answer = await calls.untilAnswered({ method: 'DELETE', path: `/v1/credits/${credit.creditId}/reversal` })
  if (answer.kind === 'done') credit.fates = only('issued')
  else if (answer.code === 'no_reversal_pending') {
    // The try before may have cancelled it: then there was nothing left to cancel.
    if (answer.doubted && credit.fates.has('reversed')) credit.fates = new Set(['issued', 'reversed'])
  } else if (answer.code !== 'credit_not_found')
    scene.failures.push(`cancelling the reversal of ${credit.label} was refused: ${answer.status} ${answer.code}`)
}

const CANNOT_DISBURSE = [
  'credit_not_issued',
  'credit_reversal_pending',
  'credit_not_found',
  'amount_exceeds_credit_left',
  'amount_exceeds_invoice_balance',
  'invoice_of_other_account',
  'disbursement_repeated',
]

export async function disburse({ scene, calls, dice }: Caller, credit: Credit): Promise<void> {
  const unpaid = await calls.once<Unpaid>({
    method: 'GET',
    path: `/v1/credits/${credit.creditId}/unpaid-invoices?limit=5`,
  })
  if (unpaid.kind !== 'done') return
  const invoice = dice.pickAny(unpaid.body.data)
  if (!invoice) return
  const { account } = credit
  const owed = readMinor(invoice.balance, account.decimals)
  const least = owed < credit.amount ? owed : credit.amount
  const fair = BigInt(dice.between(1, Number(least > 5_000n ? 5_000n : least)))
  const amount = dice.chance(0.8) ? fair : credit.amount + owed + randomAmount(dice)
  const body = { invoiceId: invoice.invoiceId, amount: said(account, amount) }
  const path = `/v1/credits/${credit.creditId}/disbursements`
  const answer = dice.chance(0.6)
    ? await calls.untilAnswered<Made>({ method: 'POST', path, body, key: scene.ledger.newLabel('disbursement') })
    : await calls.once<Made>({ method: 'POST', path, body })
  const made = { invoiceId: invoice.invoiceId, amount }
  if (answer.kind === 'done')
    credit.disbursed.push({ ...made, id: answer.body.disbursement.disbursementId, certainty: 'sure' })
  if (answer.kind === 'unknown') credit.disbursed.push({ ...made, certainty: 'maybe' })
  if (answer.kind === 'refused' && !CANNOT_DISBURSE.includes(answer.code))
    scene.failures.push(`disbursing ${credit.label} was refused: ${answer.status} ${answer.code}`)
  if (answer.kind === 'done' && amount > least)
    scene.failures.push(`${credit.label} was disbursed for more than there is: ${amount}`)
}

/** Several callers at one credit at the same moment: what was granted last is not known, what was granted at all is. */
export async function quarrel(caller: Caller, credit: Credit): Promise<void> {
  const before = credit.fates
  const outcomes = new Set<Fate>(before)
  const acts = [remove, reverse, cancelReversal].map(async (act) => {
    const mine: Credit = { ...credit, fates: before }
    await act(caller, mine)
    for (const fate of mine.fates) outcomes.add(fate)
    return mine.fates
  })
  const fates = await Promise.all(acts)
  // A deletion that was granted is final.
  credit.fates = fates[0]?.has('deleted')
    ? only('deleted')
    : new Set([...outcomes].filter((fate) => fate !== 'deleted'))
}

const only = (fate: Fate): ReadonlySet<Fate> => new Set([fate])
