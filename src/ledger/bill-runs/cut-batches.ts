/** An account that has something pending, and how many of its charges are: counted up to what fills a batch. */
export type AccountToBill = { readonly id: number; readonly charges: number }

export type BatchLimits = { readonly maxAccounts: number; readonly maxCharges: number }

/**
 * Cuts accounts into batches, in order: by accounts and by charges, whichever comes first, so that every transaction is bounded. An account
 * that has more charges than a batch may have is a batch of its own.
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
