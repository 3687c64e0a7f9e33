/**
 * What the HTTP interface takes and answers, as a client sees it. Amounts are decimal strings in the currency's
 * minor-unit scale, dates `YYYY-MM-DD`, times RFC 3339 in UTC.
 */

export type Page<Row> = { readonly data: readonly Row[]; readonly nextCursor: string | null }

export type PageQuery = { readonly limit?: number | undefined; readonly cursor?: string | undefined }

export type ErrorItem = { readonly pointer: string; readonly message: string }

/** The body of an error, RFC 9457. */
export type Problem = {
  readonly type?: string
  readonly title: string
  readonly status: number
  readonly code: string
  /** Whether the same request can succeed later, unchanged. */
  readonly retryable?: boolean
  readonly detail?: string
  readonly errors?: readonly ErrorItem[]
}

export type NewAccount = {
  readonly accountId: string
  readonly name: string
  readonly currency: string
  readonly billGroup?: string | undefined
  readonly paymentTermsDays?: number | undefined
}

export type Account = {
  readonly accountId: string
  readonly name: string
  readonly currency: string
  readonly billGroup: string
  readonly paymentTermsDays: number
  /** The sum of its invoices' balances. */
  readonly balance: string
  /** What is left of its issued credits. */
  readonly creditLeft: string
}

export type NewCharge = {
  readonly accountId: string
  readonly amount: string
  readonly description: string
  readonly chargedOn?: string | undefined
  readonly reference?: string | undefined
}

export type Charge = {
  readonly chargeId: string
  readonly accountId: string
  readonly amount: string
  readonly currency: string
  readonly description: string
  readonly chargedOn: string
}

export type NewCredit = {
  readonly accountId: string
  readonly amount: string
  readonly currency?: string | undefined
  readonly reason: string
  readonly note?: string | undefined
  readonly reference?: string | undefined
  readonly automaticDisbursement?: boolean | undefined
}

export type AcceptedCredit = { readonly jobId: string; readonly creditId: string; readonly status: 'queued' }

export type CreditBatchAnswer = {
  readonly accepted: readonly { readonly index: number; readonly jobId: string; readonly creditId: string }[]
  readonly rejected: readonly { readonly index: number; readonly problem: Problem }[]
}

export type CreditStatus = 'pending' | 'deleted' | 'issued' | 'reversal_pending' | 'reversed'

export type Credit = {
  readonly creditId: string
  readonly accountId: string
  readonly amount: string
  readonly currency: string
  readonly amountLeft: string
  readonly status: CreditStatus
  readonly reason: string
  readonly note: string | null
  readonly automaticDisbursement: boolean
  readonly invoiceId: string | null
  readonly invoiceNumber: number | string | null
  readonly reversedOnInvoiceId: string | null
  readonly createdAt: string
}

export type CreditQuery = PageQuery & { readonly accountId?: string | undefined; readonly status?: string | undefined }

export type Disbursement = {
  readonly disbursementId: string
  readonly invoiceId: string
  readonly invoiceNumber: number | string
  readonly amount: string
  readonly automatic: boolean
  readonly createdAt: string
}

export type NewDisbursement = {
  readonly invoiceId: string
  readonly amount: string
  /** False: refused when the same was disbursed within the last minute. True unless said, since the client sends an idempotency key. */
  readonly confirm?: boolean | undefined
}

export type DisbursementAnswer = {
  readonly disbursement: Disbursement
  readonly credit: Credit
  readonly invoice: Invoice
}

/** Why something is not carried out yet. It is tried again for as long as that lasts. */
export type Trouble = { readonly reason: string; readonly since: string }

export type Job = {
  readonly jobId: string
  readonly type: string
  readonly status: 'queued' | 'active' | 'done' | 'failed'
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string } | null
  readonly trouble: Trouble | null
  readonly result: unknown
  readonly createdAt: string
  readonly finishedAt: string | null
}

export type NewBillRun = {
  readonly billGroup?: string | undefined
  readonly accountIds?: readonly string[] | undefined
  readonly billDate?: string | undefined
  /** A bill date more than 31 days ahead of today is meant. */
  readonly allowFuture?: boolean | undefined
  readonly name?: string | undefined
}

export type AcceptedBillRun = { readonly billRunId: string; readonly status: string }

export type BillRunStatus = 'queued' | 'running' | 'completed' | 'completed_with_failures' | 'cancelled'

export type CountAndAmount = { readonly count: number; readonly amount: string }

export type BillRunTotal = {
  readonly currency: string
  readonly invoices: number
  readonly charged: string
  readonly creditsIssued: CountAndAmount
  readonly disbursed: string
  readonly creditsReversed: CountAndAmount
}

export type BillRun = {
  readonly billRunId: string
  readonly name?: string | null
  readonly billGroup?: string | null
  readonly billDate: string
  readonly status: BillRunStatus
  readonly progress: {
    readonly accounts: number
    readonly billed: number
    readonly nothingToBill: number
    readonly failed: number
  }
  readonly totals: readonly BillRunTotal[]
  readonly trouble: Trouble | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

export type BillRunFailure = {
  readonly accountId: string
  readonly code: string
  readonly message: string
  readonly attempts: number
}

export type InvoiceTransaction = {
  readonly type: 'charge' | 'credit' | 'reversed_credit'
  readonly amount: string
  readonly description: string
  readonly chargeId?: string | null
  readonly creditId?: string | null
}

/** What a bill run would make of one account: an invoice that has no number or id yet. */
export type PreviewedInvoice = {
  readonly accountId: string
  readonly currency: string
  readonly totalCharge: string
  readonly total: string
  readonly balance: string
  readonly dueOn?: string
}

export type Invoice = {
  readonly invoiceId: string
  readonly number: number | string
  readonly accountId: string
  readonly billRunId: string
  readonly currency: string
  readonly totalCharge: string
  readonly total: string
  readonly balance: string
  readonly status: 'paid' | 'unpaid'
  readonly issuedOn: string
  readonly dueOn: string
  /** The first 100, or 20 in a list. */
  readonly transactions?: readonly InvoiceTransaction[]
  /** How many there are in all. */
  readonly transactionCount?: number
}

export type InvoiceQuery = PageQuery & {
  readonly accountId?: string | undefined
  readonly status?: 'paid' | 'unpaid' | undefined
  readonly billRunId?: string | undefined
  readonly number?: string | undefined
}

/** Why something is undone, for the audit. */
export type Reason = { readonly reason?: string | undefined }

export type AuditEntry = {
  readonly auditId: string
  readonly at: string
  /** `noun.verb` */
  readonly action: string
  readonly subject: string
  readonly source: 'http' | 'command' | 'schedule'
  /** Null for what no API key did. */
  readonly keyId: string | null
  readonly keyName: string | null
  readonly requestId: string | null
  readonly reason: string | null
  readonly detail: string | null
}

export type AuditQuery = PageQuery & {
  readonly subject?: string | undefined
  readonly keyId?: string | undefined
  /** RFC 3339, included. */
  readonly from?: string | undefined
  /** RFC 3339, left out. */
  readonly to?: string | undefined
}

export type NewSchedule = {
  readonly cron: string
  readonly timezone: string
  readonly billGroup: string
  readonly enabled?: boolean | undefined
}

export type Schedule = {
  readonly name: string
  readonly cron: string
  readonly timezone: string
  readonly billGroup: string
  readonly enabled: boolean
}

/** A proof of the ledger's rules, over the whole database or over one bill run's rows. */
export type Reconciliation = {
  readonly reconciliationId: number
  readonly billRunId: string | null
  readonly ok: boolean
  readonly violations: number
  readonly checks: readonly {
    readonly name: string
    readonly violations: number
    readonly examples: readonly string[]
  }[]
  readonly startedAt: string
  readonly finishedAt: string
}
