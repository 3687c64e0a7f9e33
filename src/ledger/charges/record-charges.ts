import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { parseAmount } from '../../money.ts'
import { type InputError, Refusal } from '../../problems.ts'

export type NewCharge = {
  readonly accountId: string
  readonly amount: string
  readonly description: string
  /** YYYY-MM-DD */
  readonly chargedOn: string
  /** Whether the caller named the date: a repeat on another day that left it out is still the same. */
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

/**
 * Records charges, all or none, and gives each in order. A reference that the account has seen gives the first charge again. Throws a
 * Refusal that names each charge that is wrong: `account_not_found`, `invalid_amount` or `reference_reused`.
 */
export async function recordCharges(tx: Tx, charges: readonly NewCharge[]): Promise<readonly RecordedCharge[]> {
  const keys = [...new Set(charges.map(({ accountId }) => accountId))]
  const { rows: accounts } = await sql<{ id: number; key: string; currency: string }>`
    select id, key, currency from account where key = any(${keys}::text[])`.execute(tx)
  const accountOf = new Map(accounts.map((account) => [account.key, account]))

  const unknown: InputError[] = []
  const badAmounts: InputError[] = []
  const rows = charges.flatMap((charge, index) => {
    const account = accountOf.get(charge.accountId)
    if (!account) {
      unknown.push({ pointer: `/charges/${index}/accountId`, message: `there is no account ${charge.accountId}` })
      return []
    }
    const amount = parseAmount(charge.amount, account.currency)
    if (typeof amount === 'string') {
      badAmounts.push({ pointer: `/charges/${index}/amount`, message: amount })
      return []
    }
    return [{ charge, index, account, id: newId(), amount }]
  })
  if (unknown.length > 0)
    throw new Refusal('account_not_found', `${unknown[0]?.message}; no charge was recorded`, unknown)
  if (badAmounts.length > 0)
    throw new Refusal('invalid_amount', `an amount ${badAmounts[0]?.message}; no charge was recorded`, badAmounts)

  // In one order for everyone, so that two requests with the same references never wait for each other in a circle.
  const inOrder = rows.toSorted(
    (a, b) => a.account.id - b.account.id || compare(a.charge.reference ?? '', b.charge.reference ?? ''),
  )
  const written = inOrder.map(({ id, account, amount, charge }) => ({
    id,
    account_id: account.id,
    amount: amount.toFixed(),
    description: charge.description,
    charged_on: charge.chargedOn,
    reference: charge.reference,
  }))
  await sql`
    insert into charge (id, account_id, amount, description, charged_on, reference)
    select * from jsonb_to_recordset(${JSON.stringify(written)}::jsonb)
      as row (id uuid, account_id bigint, amount numeric, description text, charged_on date, reference text)
    on conflict (account_id, reference) where reference is not null do nothing`.execute(tx)

  const recorded = await readBack(
    tx,
    rows.map(({ id, account, charge }) => ({ id, account_id: account.id, reference: charge.reference })),
  )
  const changed = rows.flatMap(({ charge, index, amount }) => {
    const first = recorded[index] as RecordedCharge
    const same =
      amount.equals(first.amount) &&
      charge.description === first.description &&
      (!charge.dateGiven || charge.chargedOn === first.charged_on)
    return same
      ? []
      : [
          {
            pointer: `/charges/${index}/reference`,
            message: `${charge.reference} was used for another charge of the account`,
          },
        ]
  })
  if (changed.length > 0)
    throw new Refusal('reference_reused', `${changed[0]?.message}; no charge was recorded`, changed)
  return recorded
}

/** The charges as they stand, in the order asked for: by id, or where the reference was taken, by that. */
async function readBack(
  tx: Tx,
  asked: readonly { readonly id: string; readonly account_id: number; readonly reference: string | undefined }[],
): Promise<readonly RecordedCharge[]> {
  const { rows } = await sql<RecordedCharge>`
    with asked as (
      select * from jsonb_to_recordset(${JSON.stringify(asked.map((one, position) => ({ ...one, position })))}::jsonb)
        as row (id uuid, account_id bigint, reference text, position integer)
    ), found as (
      select asked.position, charge.* from asked join charge on charge.id = asked.id where asked.reference is null
      union all
      select asked.position, charge.* from asked join charge
        on charge.account_id = asked.account_id and charge.reference = asked.reference where asked.reference is not null
    )
    select found.id, account.key, account.currency, found.amount, found.description, found.charged_on, found.reference, found.created_at
    from found join account on account.id = found.account_id
    order by found.position`.execute(tx)
  return rows
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
