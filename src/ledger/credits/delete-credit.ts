import type { Tx } from '../../db/open.ts'
import { lockCredit } from './find-credit.ts'
import { statusAfter } from './status-after.ts'

/**
 * Deletes a credit that no invoice names yet. Deleting it again changes nothing. Throws a Refusal `credit_not_found` or
 * `credit_already_issued`.
 */
export async function deleteCredit(tx: Tx, creditId: string): Promise<void> {
  const credit = await lockCredit(tx, creditId)
  const status = statusAfter(credit, 'delete')
  await tx.updateTable('credit').set({ status }).where('id', '=', creditId).execute()
}
