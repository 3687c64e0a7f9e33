import type { Tx } from '../../db/open.ts'
import { minorUnit } from '../../money.ts'
import { Refusal } from '../../problems.ts'

export type NewAccount = {
  /** The caller's own key for the account. */
  readonly accountId: string
  readonly name: string
  readonly currency: string
  readonly billGroup: string
  readonly paymentTermsDays: number
}

/**
 * Creates an account. Returns false when the same account exists already. Throws a Refusal `unknown_currency`, or `account_exists` when an
 * account with this key exists and differs.
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
  const existing = await tx
    .selectFrom('account')
    .selectAll()
    .where('key', '=', account.accountId)
    .executeTakeFirstOrThrow()
  const differs = [
    existing.name !== account.name && 'name',
    existing.currency !== account.currency && 'currency',
    existing.bill_group !== account.billGroup && 'billGroup',
    existing.payment_terms_days !== account.paymentTermsDays && 'paymentTermsDays',
  ].filter(Boolean)
  if (differs.length > 0) {
    throw new Refusal(
      'account_exists',
      `account ${account.accountId} exists with another ${differs.join(' and another ')}`,
    )
  }
  return false
}
