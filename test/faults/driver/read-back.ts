import { type Calls, read, readAll } from './calls.ts'
import type { Account } from './ledger.ts'
import { readMinor } from './money.ts'

/** An account as the API shows it in the end, in minor units. */
export type Shown = Awaited<ReturnType<typeof readBack>>
export type ShownInvoice = Shown['invoices'][number]
export type ShownCredit = Shown['credits'][number]
export type ShownDisbursement = ShownInvoice['disbursements'][number]

type AccountView = { readonly balance: string; readonly creditLeft: string }
type CreditView = {
  readonly creditId: string
  readonly amount: string
  readonly amountLeft: string
  readonly status: string
  readonly reason: string
  readonly automaticDisbursement: boolean
  readonly invoiceId: string | null
}
type InvoiceView = {
  readonly invoiceId: string
  readonly number: number
  readonly billRunId: string
  readonly issuedOn: string
  readonly totalCharge: string
  readonly total: string
  readonly balance: string
  readonly transactionCount: number
  readonly transactions: readonly {
    readonly type: string
    readonly amount: string
    readonly description: string
    readonly chargeId?: string
    readonly creditId?: string
  }[]
  readonly disbursements: readonly {
    readonly disbursementId: string
    readonly creditId: string
    readonly invoiceId: string
    readonly amount: string
    readonly automatic: boolean
  }[]
}

export async function readBack(calls: Calls, { id, decimals }: Account) {
  const minor = (amount: string) => readMinor(amount, decimals)
  const account = await read<AccountView>(calls, `/v1/accounts/${id}`)
  const credits = await readAll<CreditView>(calls, `/v1/credits?accountId=${id}`)
  const listed = await readAll<InvoiceView>(calls, `/v1/invoices?accountId=${id}`)
  // A list shows the first lines of each.
  const linesOf = async ({ invoiceId, transactions, transactionCount }: InvoiceView) =>
    transactionCount === transactions.length
      ? transactions
      : await readAll<InvoiceView['transactions'][number]>(calls, `/v1/invoices/${invoiceId}/transactions`)
  const invoices = await Promise.all(listed.map(async (invoice) => ({ ...invoice, lines: await linesOf(invoice) })))
  return {
    balance: minor(account.balance),
    creditLeft: minor(account.creditLeft),
    credits: credits.map((credit) => ({ ...credit, amount: minor(credit.amount), left: minor(credit.amountLeft) })),
    invoices: invoices.map(({ lines, ...invoice }) => ({
      ...invoice,
      totalCharge: minor(invoice.totalCharge),
      total: minor(invoice.total),
      balance: minor(invoice.balance),
      transactions: lines.map((one) => ({ ...one, amount: minor(one.amount) })),
      disbursements: invoice.disbursements.map((one) => ({ ...one, amount: minor(one.amount) })),
    })),
  }
}
