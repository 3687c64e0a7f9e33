/**
 * What the rules of billing say, as plainly as they can be said: whole numbers of minor units, loops, and nothing from the code that is tested.
 * Dates are days counted from 1 January 2026.
 */

export type ModelStatus = 'pending' | 'deleted' | 'issued' | 'reversal_pending' | 'reversed'

export type ModelCharge = { readonly amount: bigint; readonly day: number; billed: boolean }

export type ModelCredit = {
  readonly amount: bigint
  readonly automatic: boolean
  left: bigint
  status: ModelStatus
}

export type ModelInvoice = {
  readonly issued: number
  readonly due: number
  readonly charged: bigint
  readonly total: bigint
  balance: bigint
  readonly kinds: readonly string[]
}

/** Charges, credits and invoices each stand in the order in which they came. */
export type ModelAccount = {
  readonly terms: number
  readonly charges: ModelCharge[]
  readonly credits: ModelCredit[]
  readonly invoices: ModelInvoice[]
}

export const emptyAccount = (terms: number): ModelAccount => ({ terms, charges: [], credits: [], invoices: [] })

export function billModel(account: ModelAccount, day: number): void {
  let charged = 0n
  let reversed = 0n
  let closed = 0n
  const kinds: string[] = []
  for (const charge of account.charges) {
    if (charge.billed || charge.day > day) continue
    charge.billed = true
    charged += charge.amount
    kinds.push('charge')
  }
  for (const credit of account.credits) {
    if (credit.status !== 'reversal_pending') continue
    reversed += credit.amount
    closed += credit.left
    credit.left = 0n
    credit.status = 'reversed'
    kinds.push('reversed_credit')
  }
  for (const credit of account.credits) {
    if (credit.status !== 'pending') continue
    credit.status = 'issued'
    kinds.push('credit')
  }
  if (kinds.length === 0) return

  const total = charged + reversed
  account.invoices.push({ issued: day, due: day + account.terms, charged, total, balance: total - closed, kinds })
  for (const credit of account.credits) {
    if (credit.status === 'issued' && credit.automatic) spend(credit, account.invoices)
  }
}

/** Takes the unpaid invoice that is due first, as long as there is one and something left. */
function spend(credit: ModelCredit, invoices: readonly ModelInvoice[]): void {
  while (credit.left > 0n) {
    let first: ModelInvoice | undefined
    for (const invoice of invoices) {
      if (invoice.balance > 0n && (first === undefined || invoice.due < first.due)) first = invoice
    }
    if (first === undefined) return
    const amount = credit.left < first.balance ? credit.left : first.balance
    credit.left -= amount
    first.balance -= amount
  }
}

/** Disburses when that is allowed, and says why not, every reason of it, when it is not. */
export function disburseModel(
  account: ModelAccount,
  credit: ModelCredit,
  /** Undefined: the invoice is another account's. */
  invoice: ModelInvoice | undefined,
  amount: bigint,
  decimals: number,
): readonly string[] {
  const reasons: string[] = []
  if (amount <= 0n || amount >= 10n ** BigInt(15 + decimals)) reasons.push('invalid_amount')
  if (credit.status === 'reversal_pending') reasons.push('credit_reversal_pending')
  else if (credit.status !== 'issued') reasons.push('credit_not_issued')
  if (invoice === undefined || !account.invoices.includes(invoice)) reasons.push('invoice_of_other_account')
  else if (amount > invoice.balance) reasons.push('amount_exceeds_invoice_balance')
  if (amount > credit.left) reasons.push('amount_exceeds_credit_left')
  if (reasons.length === 0 && invoice) {
    credit.left -= amount
    invoice.balance -= amount
  }
  return reasons
}

export function reverseModel(credit: ModelCredit): readonly string[] {
  if (credit.status === 'pending' || credit.status === 'deleted') return ['credit_not_issued']
  if (credit.status === 'reversed') return ['credit_already_reversed']
  credit.status = 'reversal_pending'
  return []
}

export function cancelReversalModel(credit: ModelCredit): readonly string[] {
  if (credit.status !== 'reversal_pending') return ['no_reversal_pending']
  credit.status = 'issued'
  return []
}

export function deleteModel(credit: ModelCredit): readonly string[] {
  if (credit.status !== 'pending' && credit.status !== 'deleted') return ['credit_already_issued']
  credit.status = 'deleted'
  return []
}

export const dateOfDay = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)

/** Minor units as a caller writes them: 1234 with 2 decimals is `12.34`. */
export function writeMinor(amount: bigint, decimals: number): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  return decimals === 0 ? sign + digits : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
