import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { type Money, parseAmount } from '../../money.ts'
import { type InputError, type ProblemCode, Refusal } from '../../problems.ts'
import { type Account, findAccounts } from '../accounts/find-accounts.ts'

export type NewCharge = {
  readonly accountId: string
  readonly amount: string
  readonly description: string
  /** YYYY-MM-DD */
  readonly chargedOn: string
  /** Whether the caller gave the date. A repeat without a date is the same charge, even on another day. */
  readonly dateGiven: boolean
  readonly reference?: string
}

export type RecordedCharge = {
  readonly id: string
  readonly key: string
  readonly currency: string
  readonly amount: string
  readonly description: string
  readonly charged_on: string
  readonly reference: string | null
  readonly created_at: Date
}

type Checked = {
  readonly id: string
  readonly index: number
  readonly charge: NewCharge
  readonly account: Account
  readonly amount: Money
}

/**
 * Records charges, all or none, and returns them in order. For a reference that the account has already, returns the first charge with it.
 * Throws a Refusal that names each wrong charge: `account_not_found`, `invalid_amount` or `reference_reused`.
 */
export async function recordCharges(tx: Tx, charges: readonly NewCharge[]): Promise<readonly RecordedCharge[]> {
  const accounts = await findAccounts(
    tx,
    charges.map(({ accountId }) => accountId),
  )
  const checked = checkCharges(charges, accounts)
  const created = await insertCharges(tx, checked)
  const earlier = await readEarlier(
    tx,
    checked.filter(({ id }) => !created.has(id)),
  )
  refuseChanged(checked, earlier)
  return checked.map((one) => earlier.get(one.id) ?? recorded(one, created.get(one.id) as Date))
}

function checkCharges(charges: readonly NewCharge[], accounts: ReadonlyMap<string, Account>): readonly Checked[] {
  const unknown: InputError[] = []
  const badAmounts: InputError[] = []
  const checked = charges.flatMap((charge, index): Checked[] => {
    const account = accounts.get(charge.accountId)
    if (!account) {
      unknown.push({ pointer: `/charges/${index}/accountId`, message: `there is no account ${charge.accountId}` })
      return []
    }
    const amount = parseAmount(charge.amount, account.currency)
    if (typeof amount === 'string') {
      badAmounts.push({ pointer: `/charges/${index}/amount`, message: amount })
      return []
    }
    return [{ id: newId(), index, charge, account, amount }]
  })
  refuseIfAny('account_not_found', unknown)
  refuseIfAny('invalid_amount', badAmounts, 'an amount ')
  return checked
}

function refuseIfAny(code: ProblemCode, errors: readonly InputError[], before = ''): void {
  if (errors[0]) throw new Refusal(code, `${before}${errors[0].message}; no charge was recorded`, errors)
}

/** Inserts charges, except those whose reference the account has already. Returns the time of each new charge, by its id. */
async function insertCharges(tx: Tx, checked: readonly Checked[]): Promise<ReadonlyMap<string, Date>> {
  // Always in the same order, so that two requests with the same references cannot deadlock.
  const inOrder = checked.toSorted(
    (a, b) => a.account.id - b.account.id || compare(a.charge.reference ?? '', b.charge.reference ?? ''),
  )
  const charges = inOrder.map(({ id, account, amount, charge }) => ({
    id,
    account_id: account.id,
    amount: amount.toFixed(),
    description: charge.description,
    charged_on: charge.chargedOn,
    reference: charge.reference,
  }))
  const { rows } = await sql<{ id: string; created_at: Date }>`
    insert into charge (id, account_id, amount, description, charged_on, reference)
    select id, account_id, amount, description, charged_on, reference from jsonb_to_recordset(${JSON.stringify(charges)}::jsonb)
      as row (id uuid, account_id bigint, amount numeric, description text, charged_on date, reference text)
    on conflict (account_id, reference) where reference is not null do nothing
    returning id, created_at`.execute(tx)
  return new Map(rows.map(({ id, created_at }) => [id, created_at]))
}

/** The first charges with the references of these repeats, by the id of the repeat. */
async function readEarlier(tx: Tx, repeats: readonly Checked[]): Promise<ReadonlyMap<string, RecordedCharge>> {
  if (repeats.length === 0) return new Map()
  const asked = repeats.map(({ id, account, charge }) => ({ id, account_id: account.id, reference: charge.reference }))
  const { rows } = await sql<RecordedCharge & { asked_id: string }>`
    select asked.id as asked_id, charge.id, account.key, account.currency, amount, description, charged_on, charge.reference, charge.created_at
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked (id uuid, account_id bigint, reference text)
    join charge on charge.account_id = asked.account_id and charge.reference = asked.reference
    join account on account.id = charge.account_id`.execute(tx)
  return new Map(rows.map(({ asked_id, ...charge }) => [asked_id, charge]))
}

function refuseChanged(checked: readonly Checked[], earlier: ReadonlyMap<string, RecordedCharge>): void {
  const changed = checked.flatMap(({ id, index, charge, amount }): InputError[] => {
    const first = earlier.get(id)
    const same =
      !first ||
      (amount.equals(first.amount) &&
        charge.description === first.description &&
        (!charge.dateGiven || charge.chargedOn === first.charged_on))
    const message = `${charge.reference} was used for another charge of the account`
    return same ? [] : [{ pointer: `/charges/${index}/reference`, message }]
  })
  refuseIfAny('reference_reused', changed)
}

const recorded = ({ id, account, amount, charge }: Checked, createdAt: Date): RecordedCharge => ({
  id,
  key: account.key,
  currency: account.currency,
  amount: amount.toFixed(),
  description: charge.description,
  charged_on: charge.chargedOn,
  reference: charge.reference ?? null,
  created_at: createdAt,
})

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
