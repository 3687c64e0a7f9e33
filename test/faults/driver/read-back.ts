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
type Line = {
  readonly type: string
  readonly amount: string
  readonly description: string
  readonly chargeId?: string
  readonly creditId?: string
}
type InvoiceView = {
  readonly invoiceId: string
  readonly number: number
  readonly billRunId: string
  readonly issuedOn: string
  readonly totalCharge: string
  readonly total: string
  readonly balance: string
  readonly transactions: readonly Line[]
  readonly transactionCount: number
  readonly disbursements: readonly {
    readonly disbursementId: string
    readonly creditId: string
    readonly invoiceId: string
    readonly amount: string
    readonly automatic: boolean
  }[]
}

/** An invoice of a list shows its first lines; of an account with very many charges they are left at that. */
async function withEveryLine(calls: Calls, invoice: InvoiceView, { huge }: Account): Promise<InvoiceView> {
  if (huge || invoice.transactions.length === invoice.transactionCount) return invoice
  return { ...invoice, transactions: await readAll<Line>(calls, `/v1/invoices/${invoice.invoiceId}/transactions`) }
}

export async function readBack(calls: Calls, whose: Account) {
  const { id, decimals } = whose
  const minor = (amount: string) => readMinor(amount, decimals)
  const account = await read<AccountView>(calls, `/v1/accounts/${id}`)
  const credits = await readAll<CreditView>(calls, `/v1/credits?accountId=${id}`)
  const listed = await readAll<InvoiceView>(calls, `/v1/invoices?accountId=${id}`)
  const invoices: InvoiceView[] = []
  for (const invoice of listed) invoices.push(await withEveryLine(calls, invoice, whose))
  return {
    balance: minor(account.balance),
    creditLeft: minor(account.creditLeft),
    credits: credits.map((credit) => ({ ...credit, amount: minor(credit.amount), left: minor(credit.amountLeft) })),
    invoices: invoices.map((invoice) => ({
      ...invoice,
      totalCharge: minor(invoice.totalCharge),
      total: minor(invoice.total),
      balance: minor(invoice.balance),
      transactions: invoice.transactions.map((one) => ({ ...one, amount: minor(one.amount) })),
      disbursements: invoice.disbursements.map((one) => ({ ...one, amount: minor(one.amount) })),
    })),
  }
}
