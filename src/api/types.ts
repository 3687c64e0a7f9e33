/**
 * What the HTTP interface takes and answers, for its callers, as types alone: they are the API's schemas, so they cannot drift from them.
 * Amounts are decimal strings in the currency's decimals, dates `YYYY-MM-DD`, times RFC 3339 in UTC.
 */
import type { Static, TSchema } from 'typebox'
import type { CreditRequest } from '../requests/credit-request.ts'
import type * as reason from './reason.ts'
import type * as accountCharges from './routes/account-charges.ts'
import type * as accounts from './routes/accounts.ts'
import type * as audit from './routes/audit.ts'
import type * as failures from './routes/bill-run-failures.ts'
import type * as preview from './routes/bill-run-preview.ts'
import type * as billRuns from './routes/bill-runs.ts'
import type * as charges from './routes/charges.ts'
import type * as batch from './routes/credit-batch.ts'
import type * as credits from './routes/credits.ts'
import type * as disbursements from './routes/disbursements.ts'
import type * as invoices from './routes/invoices.ts'
import type * as jobFailures from './routes/job-failures.ts'
import type * as jobs from './routes/jobs.ts'
import type * as keys from './routes/keys.ts'
import type * as schedules from './routes/schedules.ts'
import type * as sessions from './routes/sessions.ts'
import type * as statements from './routes/statements.ts'
import type { ProblemView } from './view-responses.ts'
import type { AccountOverviewView, AccountView } from './views/account-view.ts'
import type { AuditView } from './views/audit-view.ts'
import type { BillGroupView } from './views/bill-group-view.ts'
import type { BillRunFailureView, FailureGroupView } from './views/bill-run-failures-view.ts'
import type { BillRunRateView } from './views/bill-run-rate-view.ts'
import type { BillRunView } from './views/bill-run-view.ts'
import type { ChargeView, ListedChargeView } from './views/charge-view.ts'
import type { CreditView } from './views/credit-view.ts'
import type { DisbursementView } from './views/disbursement-view.ts'
import type { GroupPreviewView, PreviewProgressView } from './views/group-preview-view.ts'
import type { InvoiceView, OneInvoiceView, PreviewedInvoiceView } from './views/invoice-view.ts'
import type { FailureGroupsView, JobView } from './views/job-view.ts'
import type { KeyView } from './views/key-view.ts'
import type { OperationsHistoryView } from './views/operations-history-view.ts'
import type { OperationsView } from './views/operations-view.ts'
import type { ReconciliationRequestView, ReconciliationView } from './views/reconciliation-view.ts'
import type { ScheduleView } from './views/schedule-view.ts'
import type { SessionView } from './views/session-view.ts'
import type { StatementView } from './views/statement-view.ts'
import type { TransactionView } from './views/transaction-view.ts'

/** What is answered: nobody changes it. */
type Answered<T> = T extends readonly (infer Item)[]
  ? readonly Answered<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Answered<T[K]> }
    : T

/** What is sent: a field that may be left out may be undefined too, which JSON leaves out. */
type Sent<T> = T extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Record<never, never> extends Pick<T, K> ? Sent<T[K]> | undefined : Sent<T[K]> }
    : T

type Body<Schema extends TSchema> = Sent<Static<Schema>>

/** The query of a list. The client writes numbers as text. */
type Query<Schema extends TSchema> = Sent<Omit<Static<Schema>, 'limit'>> & { readonly limit?: number | undefined }

export type Page<Row> = { readonly data: readonly Row[]; readonly nextCursor: string | null }
export type PageQuery = Pick<CreditQuery, 'limit' | 'cursor'>

/** The body of an error, RFC 9457. */
export type Problem = Answered<Static<typeof ProblemView>>

/** Why something is undone, for the audit. */
export type Reason = Body<typeof reason.ReasonBody>

export type NewAccount = Body<typeof accounts.NewAccount>
export type Account = Answered<AccountView>
export type AccountQuery = Query<typeof accounts.AccountQuery>
export type Statement = Answered<StatementView>
export type StatementEntry = Statement['data'][number]
export type StatementQuery = Query<typeof statements.StatementQuery>
/** An account with what waits for its next bill run. */
export type AccountOverview = Answered<AccountOverviewView>

export type BillGroup = Answered<BillGroupView>

export type NewCharge = Body<typeof charges.NewCharge>
export type Charge = Answered<ChargeView>
/** A charge with what became of it. */
export type ListedCharge = Answered<ListedChargeView>
export type ChargeQuery = Query<typeof accountCharges.ChargeQuery>
export type RecordedCharges = Answered<Static<typeof charges.RecordedCharges>>

export type NewCredit = Sent<CreditRequest>
export type AcceptedCredit = Answered<Static<typeof credits.Accepted>>
export type CreditBatchAnswer = Answered<Static<typeof batch.AcceptedBatch>>
export type Credit = Answered<CreditView>
export type CreditQuery = Query<typeof credits.CreditQuery>

export type NewDisbursement = Body<typeof disbursements.NewDisbursement>
export type Disbursement = Answered<DisbursementView>
export type DisbursementAnswer = Answered<Static<typeof disbursements.Disbursed>>

export type Job = Answered<JobView>
export type JobQuery = Query<typeof jobs.JobQuery>
export type JobFailureGroup = Answered<Static<typeof FailureGroupsView>>['data'][number]
export type RetryJobs = Body<typeof jobFailures.RetryJobs>
export type RetriedJobs = Answered<Static<typeof jobFailures.RetriedJobs>>

export type NewBillRun = Body<typeof billRuns.NewBillRun>
export type AcceptedBillRun = Answered<Static<typeof billRuns.QueuedBillRun>>
export type BillRun = Answered<BillRunView>
export type BillRunTotal = BillRun['totals'][number]
export type BillRunQuery = Query<typeof billRuns.BillRunQuery>
export type BillRunFailure = Answered<BillRunFailureView>
export type BillRunFailureQuery = Query<typeof failures.FailureQuery>
/** All failures of a run with one code. */
export type BillRunFailureGroup = Answered<FailureGroupView>
/** Which failed accounts are tried again, all unless said, and why. */
export type RetryRequest = Body<typeof failures.RetryRequest>
export type BillRunRate = Answered<BillRunRateView>
type PreviewRequest = Body<typeof preview.PreviewRequest>
export type NewPreview = Omit<PreviewRequest, 'billGroup'>
export type NewGroupPreview = Omit<PreviewRequest, 'accountIds'>
/** How far a preview of a group is. */
export type PreviewProgress = Answered<PreviewProgressView>
export type GroupPreview = Answered<GroupPreviewView>
export type Preview = Answered<Static<typeof preview.Preview>>
export type PreviewedInvoice = Answered<PreviewedInvoiceView>

export type Invoice = Answered<InvoiceView>
/** An invoice with the numbers of those of its account before and after it. */
export type OneInvoice = Answered<OneInvoiceView>
export type InvoiceQuery = Query<typeof invoices.InvoiceQuery>
export type InvoiceTransaction = Answered<TransactionView>

export type NewSchedule = Body<typeof schedules.NewSchedule>
export type Schedule = Answered<ScheduleView>
export type ScheduleTimes = Answered<Static<typeof schedules.ScheduleTimes>>

export type StartedSession = Answered<Static<typeof sessions.StartedSession>>
export type Session = Answered<SessionView>
/** The key that asks. */
export type Me = Answered<Static<typeof sessions.Me>>

export type NewKey = Body<typeof keys.NewKey>
/** The key is null when the answer is a replay. */
export type CreatedKey = Answered<Static<typeof keys.CreatedKey>>
export type Key = Answered<KeyView>

export type AuditEntry = Answered<AuditView>
export type AuditQuery = Query<typeof audit.AuditQuery>

/** A proof of the ledger's rules, over the whole database or over one bill run's rows. */
export type Reconciliation = Answered<ReconciliationView>

/** A reconciliation of the whole database that somebody asked for. */
export type ReconciliationRequest = Answered<ReconciliationRequestView>

/** Whether anything is wrong. */
export type Operations = Answered<OperationsView>
export type Finding = Operations['findings'][number]
export type OperationsHistory = Answered<OperationsHistoryView>
