/** An account with something pending, and the number of its pending charges, counted only as far as fills a batch. */
export type AccountToBill = { readonly id: number; readonly charges: number }

export type BatchLimits = { readonly maxAccounts: number; readonly maxCharges: number }

/**
 * Cuts accounts into batches, in order. A batch ends at the maximum of accounts or of charges, whichever comes first, so that every
 * transaction is bounded. An account with more charges than that has a batch of its own.
 */
export function cutBatches(
  accounts: readonly AccountToBill[],
  { maxAccounts, maxCharges }: BatchLimits,
): readonly (readonly number[])[] {
  const batches: number[][] = []
  let batch: number[] = []
  let charges = 0
  for (const account of accounts) {
    if (batch.length === maxAccounts || (batch.length > 0 && charges + account.charges > maxCharges)) {
      batches.push(batch)
      batch = []
      charges = 0
    }
    batch.push(account.id)
    charges += account.charges
  }
  return batch.length === 0 ? batches : [...batches, batch]
}
