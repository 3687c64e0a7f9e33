import type { Dice } from '../dice.ts'
import { type Account, type Credit, randomAmount, said } from '../ledger.ts'
import type { Caller, Scene } from '../scene.ts'

export type Accepted = { readonly jobId: string; readonly creditId: string }
type Batch = {
  readonly accepted: readonly (Accepted & { readonly index: number })[]
  readonly rejected: readonly { readonly index: number; readonly problem: { readonly code: string } }[]
}

/** A credit by itself: with or without key and reference, and sometimes again, as it was or with other content. */
export async function giveCredit(caller: Caller): Promise<void> {
  const { scene, calls, dice } = caller
  const credit = newCredit(scene, dice, scene.ledger.newLabel('lot'))
  const body = bodyOf(credit)
  const key = dice.chance(0.6) ? credit.lot : undefined
  const call = { method: 'POST', path: '/v1/credits', body, ...(key === undefined ? {} : { key }) } as const
  const repeatable = key !== undefined || credit.reference !== undefined
  const answer = repeatable ? await calls.untilAnswered<Accepted>(call) : await calls.once<Accepted>(call)
  if (answer.kind === 'refused') scene.failures.push(`${credit.label} was refused: ${answer.status} ${answer.code}`)
  if (answer.kind === 'done') confirm(credit, answer.body)
  if (answer.kind === 'done' || answer.kind === 'unknown') credit.account.credits.push(credit)
  if (answer.kind !== 'done' || !repeatable || !dice.chance(0.4)) return
  // The reference of a credit that failed is free again.
  if (key === undefined && scene.poisoned.has(credit.account.id)) return

  const again = await calls.untilAnswered<Accepted>(call)
  if (again.kind !== 'done' || again.body.creditId !== credit.creditId)
    scene.failures.push(`${credit.label} again gave ${JSON.stringify(again)}, not credit ${credit.creditId}`)
  const other = await calls.untilAnswered<Accepted>({ ...call, body: { ...body, reason: `${credit.label} OTHER` } })
  const expected = key === undefined ? 'reference_reused' : 'idempotency_key_reused'
  if (other.kind !== 'refused' || other.code !== expected)
    scene.failures.push(`${credit.label} with other content gave ${JSON.stringify(other)}, not ${expected}`)
}

/** Credits in a batch, some of which have to be rejected: the others are accepted all the same. */
export async function giveBatch({ scene, calls, dice }: Caller): Promise<void> {
  const lot = scene.ledger.newLabel('lot')
  const credits = Array.from({ length: dice.between(2, 60) }, () => newCredit(scene, dice, lot))
  const bad = new Set(dice.chance(0.5) ? [dice.between(0, credits.length - 1)] : [])
  const items = credits.map((credit, index) =>
    bad.has(index) ? { ...bodyOf(credit), amount: '0.000001' } : bodyOf(credit),
  )
  const call = { method: 'POST', path: '/v1/credits/batch', body: { credits: items } } as const
  const answer = dice.chance(0.6)
    ? await calls.untilAnswered<Batch>({ ...call, key: lot })
    : await calls.once<Batch>(call)
  if (answer.kind === 'refused') scene.failures.push(`batch ${lot} was refused: ${answer.status} ${answer.code}`)
  if (answer.kind === 'done') {
    for (const one of answer.body.accepted) confirm(credits[one.index] as Credit, one)
    const rejected = answer.body.rejected.map(({ index }) => index)
    if (rejected.length !== bad.size || !rejected.every((index) => bad.has(index)))
      scene.failures.push(`batch ${lot} rejected ${JSON.stringify(answer.body.rejected)}, not ${[...bad]}`)
  }
  if (answer.kind === 'done' || answer.kind === 'unknown')
    for (const [index, credit] of credits.entries()) if (!bad.has(index)) credit.account.credits.push(credit)
}

/** The same POST many times at once, and another body under its key: one credit, one answer, and a refusal. */
export async function postManyAtOnce({ scene, calls, dice }: Caller, times: number): Promise<void> {
  const credit = newCredit(scene, dice, scene.ledger.newLabel('lot'))
  const call = { method: 'POST', path: '/v1/credits', body: bodyOf(credit), key: credit.lot } as const
  const all = await Promise.all(Array.from({ length: times }, () => calls.untilAnswered<Accepted>(call)))
  const ids = new Set(all.map((one) => (one.kind === 'done' ? one.body.creditId : `${one.status} ${one.code}`)))
  if (ids.size !== 1 || all[0]?.kind !== 'done')
    return void scene.failures.push(`${times} identical POSTs of ${credit.label} were answered ${[...ids].join(', ')}`)
  confirm(credit, all[0].body)
  credit.account.credits.push(credit)
  const other = await calls.untilAnswered({ ...call, body: { ...bodyOf(credit), reason: `${credit.label} OTHER` } })
  if (other.kind !== 'refused' || other.code !== 'idempotency_key_reused')
    scene.failures.push(`another body under the key of ${credit.label} gave ${JSON.stringify(other)}`)
}

/** What has to be refused, and leaves nothing. */
export async function askWrongly({ scene, calls, dice }: Caller): Promise<void> {
  const account = dice.pick(scene.ledger.accounts)
  const reason = scene.ledger.newLabel('refused')
  const wrong = dice.pick([
    { amount: `1.${'0'.repeat(account.decimals)}1` },
    { amount: '0' },
    { amount: '-5' },
    { amount: '1000000000000000' },
    { accountId: `${account.id}-nobody` },
    { currency: account.currency === 'CHF' ? 'USD' : 'CHF' },
    { unknown: 'field' },
  ])
  const body = { accountId: account.id, amount: '1', reason, ...wrong }
  const answer = await calls.untilAnswered({ method: 'POST', path: '/v1/credits', body })
  if (answer.kind !== 'refused' || answer.status < 400 || answer.status > 422)
    scene.failures.push(`${JSON.stringify(body)} was answered ${JSON.stringify(answer)}`)
}

export function newCredit(
  scene: Scene,
  dice: Dice,
  lot: string,
  account: Account = dice.pick(scene.ledger.accounts),
): Credit {
  const label = scene.ledger.newLabel('credit')
  return {
    label,
    account,
    amount: randomAmount(dice),
    lot,
    certainty: 'maybe',
    automatic: dice.chance(0.5),
    reference: dice.chance(0.3) ? `ref ${label}` : undefined,
    fates: new Set(['issued']),
    disbursed: [],
    busy: false,
  }
}

export const bodyOf = ({ account, amount, label, automatic, reference }: Credit) => ({
  accountId: account.id,
  amount: said(account, amount),
  reason: label,
  automaticDisbursement: automatic,
  ...(reference === undefined ? {} : { reference }),
})

export function confirm(credit: Credit, { creditId, jobId }: Accepted): void {
  credit.certainty = 'sure'
  credit.creditId = creditId
  credit.jobId = jobId
}
