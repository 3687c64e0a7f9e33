import type { Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'
import { lockCredit } from './find-credit.ts'

/** Deletes a credit that no invoice names yet. Deleting it again changes nothing. Throws a Refusal `credit_not_found` or `credit_already_issued`. */
export async function deleteCredit(tx: Tx, creditId: string): Promise<void> {
  const credit = await lockCredit(tx, creditId)
  if (credit.status === 'deleted') return
  if (credit.status !== 'pending') {
    throw new Refusal('credit_already_issued', `credit ${creditId} stands on an invoice: reverse it instead`)
  }
  await tx.updateTable('credit').set({ status: 'deleted' }).where('id', '=', creditId).execute()
}
