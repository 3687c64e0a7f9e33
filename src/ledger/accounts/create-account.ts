import type { Tx } from '../../db/open.ts'
import { minorUnit } from '../../money.ts'
import { Refusal } from '../../problems.ts'

export type NewAccount = {
  /** The caller's own key of it. */
  readonly accountId: string
  readonly name: string
  readonly currency: string
  readonly billGroup: string
  readonly paymentTermsDays: number
}

/**
 * Creates an account; false when it was there already and is the same. Throws a Refusal `unknown_currency`, or `account_exists` when it
 * is there and differs.
 */
export async function createAccount(tx: Tx, account: NewAccount): Promise<boolean> {
  if (minorUnit(account.currency) === undefined) {
    throw new Refusal('unknown_currency', `${account.currency} is not an ISO 4217 currency in use`)
  }
  const created = await tx
    .insertInto('account')
    .values({
      key: account.accountId,
      name: account.name,
      currency: account.currency,
      bill_group: account.billGroup,
      payment_terms_days: account.paymentTermsDays,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (created) return true
  const there = await tx
    .selectFrom('account')
    .selectAll()
    .where('key', '=', account.accountId)
    .executeTakeFirstOrThrow()
  const differs = [
    there.name !== account.name && 'name',
    there.currency !== account.currency && 'currency',
    there.bill_group !== account.billGroup && 'billGroup',
    there.payment_terms_days !== account.paymentTermsDays && 'paymentTermsDays',
  ].filter(Boolean)
  if (differs.length > 0) {
    throw new Refusal(
      'account_exists',
      `account ${account.accountId} exists with another ${differs.join(' and another ')}`,
    )
  }
  return false
}
