import { dayFromToday, FARTHEST_DAY } from '../days.ts'
import { type Account, type Charge, randomAmount, said } from '../ledger.ts'
import type { Caller } from '../scene.ts'

type Recorded = {
  readonly charges: readonly { readonly chargeId: string; readonly amount: string; readonly description: string }[]
}

/** One charge or some, with or without references, under a key or not. */
export async function charge({ scene, calls, dice }: Caller): Promise<void> {
  const { ledger } = scene
  const lot = ledger.newLabel('lot')
  const count = dice.chance(0.7) ? 1 : dice.between(2, 40)
  const chargedOn = dayFromToday(dice.chance(0.9) ? -dice.between(0, 60) : dice.between(1, FARTHEST_DAY))
  const charges = Array.from({ length: count }, (): Charge => {
    const label = ledger.newLabel('charge')
    const reference = dice.chance(0.3) ? `ref ${label}` : undefined
    return {
      label,
      account: dice.pick(ledger.accounts),
      amount: randomAmount(dice),
      lot,
      chargedOn,
      certainty: 'maybe',
      reference,
    }
  })
  const body = { charges: charges.map((one) => bodyOf(one)) }
  const call = { method: 'POST', path: '/v1/charges', body } as const
  const keyed = dice.chance(0.5)
  const answer = keyed ? await calls.untilAnswered<Recorded>({ ...call, key: lot }) : await calls.once<Recorded>(call)
  if (answer.kind === 'refused') scene.failures.push(`charges of ${lot} were refused: ${answer.status} ${answer.code}`)
  if (answer.kind === 'done') confirm(charges, answer.body)
  if (answer.kind === 'done' || answer.kind === 'unknown') enter(charges)
  if (answer.kind === 'done' && keyed && dice.chance(0.3)) {
    const again = await calls.untilAnswered<Recorded>({ ...call, key: lot })
    if (again.kind !== 'done' || again.body.charges[0]?.chargeId !== charges[0]?.chargeId)
      scene.failures.push(`charges of ${lot} under the same key again: ${JSON.stringify(again)}`)
  }
}

/** A reference that is there already gives the first charge again. */
export async function repeatCharge({ scene, calls, dice }: Caller): Promise<void> {
  const known = scene.ledger.accounts.flatMap(({ charges }) =>
    charges.filter((one) => one.reference && one.certainty === 'sure'),
  )
  const first = dice.pickAny(known)
  if (!first) return
  const body = { charges: [bodyOf(first)] }
  const answer = await calls.untilAnswered<Recorded>({ method: 'POST', path: '/v1/charges', body })
  if (answer.kind !== 'done' || answer.body.charges[0]?.chargeId !== first.chargeId)
    scene.failures.push(
      `a repeat of ${first.label} by its reference gave ${JSON.stringify(answer)}, not ${first.chargeId}`,
    )
}

/** An account with very many charges: each is one minor unit, and they are looked at by their sum. */
export async function chargeVeryOften({ scene, calls }: Caller, account: Account, count: number): Promise<void> {
  account.huge = true
  for (let done = 0; done < count; done += 1_000) {
    const lot = scene.ledger.newLabel('many')
    const charges = Array.from(
      { length: Math.min(1_000, count - done) },
      (_, index): Charge => ({
        label: `${lot} ${index}`,
        account,
        amount: 1n,
        lot,
        chargedOn: dayFromToday(-3),
        certainty: 'sure',
      }),
    )
    const body = { charges: charges.map((one) => bodyOf(one)) }
    const answer = await calls.untilAnswered<Recorded>({ method: 'POST', path: '/v1/charges', body, key: lot })
    if (answer.kind === 'done') enter(charges)
    else scene.failures.push(`a lot of ${count} charges was refused: ${answer.status} ${answer.code}`)
  }
}

const bodyOf = ({ account, amount, label, chargedOn, reference }: Charge) => ({
  accountId: account.id,
  amount: said(account, amount),
  description: label,
  chargedOn,
  ...(reference === undefined ? {} : { reference }),
})

function confirm(charges: readonly Charge[], { charges: recorded }: Recorded): void {
  for (const [index, one] of charges.entries()) {
    one.certainty = 'sure'
    one.chargeId = recorded[index]?.chargeId ?? 'none'
  }
}

function enter(charges: readonly Charge[]): void {
  for (const one of charges) one.account.charges.push(one)
}
