import { sql } from 'kysely'
import { checkDisbursement } from '../../billing/check-disbursement.ts'
import { lessDisbursed } from '../../billing/plan-invoice.ts'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { formatAmount, Money, parseAmount } from '../../money.ts'
import { Refusal } from '../../problems.ts'
import { lockCredit } from './find-credit.ts'
import { statusAfter } from './status-after.ts'

export type DisburseOptions = {
  /** Whether to refuse the same disbursement within a minute: somebody may have sent it twice by mistake. */
  readonly refuseRepeat?: boolean
}

/**
 * Disburses a part of an issued credit to an unpaid invoice of the same account. `amount` is a decimal string in the account's currency.
 * Returns the id of the disbursement. Throws a Refusal when something is not found or not allowed, when the amount is too high, or for a
 * repeat.
 */
export async function disburseCredit(
  tx: Tx,
  creditId: string,
  invoiceId: string,
  amount: string,
  { refuseRepeat = false }: DisburseOptions = {},
): Promise<string> {
  const credit = await lockCredit(tx, creditId)
  const money = parseAmount(amount, credit.currency)
  if (typeof money === 'string')
    throw new Refusal('invalid_amount', `the amount ${money}`, [{ pointer: '/amount', message: money }])
  const invoice = await tx
    .selectFrom('invoice')
    .select(['account_id', 'balance', 'number'])
    .where('id', '=', invoiceId)
    .executeTakeFirst()
  if (!invoice) throw new Refusal('invoice_not_found', `there is no invoice ${invoiceId}`)

  const left = new Money(credit.amount).minus(credit.disbursed)
  const balance = new Money(invoice.balance)
  statusAfter(credit, 'disburse')
  const code = checkDisbursement(
    { accountId: credit.account_id, left },
    { accountId: invoice.account_id, balance },
    money,
  )
  if (code) {
    const say = (sum: Money) => `${formatAmount(sum, credit.currency)} ${credit.currency}`
    const details = {
      invoice_of_other_account: () => `invoice ${invoice.number} is of another account than credit ${creditId}`,
      amount_exceeds_credit_left: () => `the credit has ${say(left)} left, not ${say(money)}`,
      amount_exceeds_invoice_balance: () => `invoice ${invoice.number} owes ${say(balance)}, not ${say(money)}`,
    }
    throw new Refusal(code, details[code]())
  }

  if (refuseRepeat) await refuseRepeated(tx, creditId, invoiceId, money)
  const id = newId()
  await tx
    .insertInto('disbursement')
    .values({
      id,
      credit_id: creditId,
      invoice_id: invoiceId,
      account_id: credit.account_id,
      amount: money.toFixed(),
      automatic: false,
    })
    .execute()
  const disbursed = money.plus(credit.disbursed).toFixed()
  await tx.updateTable('credit').set({ disbursed }).where('id', '=', creditId).execute()
  const owes = lessDisbursed(balance, [{ amount: money }]).toFixed()
  await tx.updateTable('invoice').set({ balance: owes }).where('id', '=', invoiceId).execute()
  return id
}

/** Runs under the account's lock, so that the second of two simultaneous requests sees the first. */
async function refuseRepeated(tx: Tx, creditId: string, invoiceId: string, amount: Money): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from disbursement
    where credit_id = ${creditId}::uuid and invoice_id = ${invoiceId}::uuid and amount = ${amount.toFixed()}::numeric
      and not automatic and created_at > now() - interval '1 minute' limit 1`.execute(tx)
  if (!rows[0]) return
  throw new Refusal(
    'disbursement_repeated',
    `the same amount of this credit went to this invoice within the last minute (disbursement ${rows[0].id}): send confirm: true if it is meant once more`,
  )
}
