import { randomUUID } from 'node:crypto'
import type {
  AcceptedBillRun,
  AcceptedCredit,
  Account,
  AccountOverview,
  AccountQuery,
  AuditEntry,
  AuditQuery,
  BillGroup,
  BillRun,
  BillRunFailure,
  BillRunFailureGroup,
  BillRunFailureQuery,
  BillRunQuery,
  BillRunRate,
  ChargeQuery,
  CreatedKey,
  Credit,
  CreditBatchAnswer,
  CreditQuery,
  Disbursement,
  DisbursementAnswer,
  Invoice,
  InvoiceQuery,
  InvoiceTransaction,
  Job,
  JobFailureGroup,
  JobQuery,
  Key,
  ListedCharge,
  Me,
  NewAccount,
  NewBillRun,
  NewCharge,
  NewCredit,
  NewDisbursement,
  NewKey,
  NewPreview,
  NewSchedule,
  OneInvoice,
  Operations,
  OperationsHistory,
  Page,
  PageQuery,
  Preview,
  Reason,
  Reconciliation,
  ReconciliationRequest,
  RecordedCharges,
  RetriedJobs,
  RetryJobs,
  RetryRequest,
  Schedule,
  ScheduleTimes,
  Session,
  StartedSession,
  Statement,
  StatementQuery,
} from '../api/types.ts'
import { pollUntil } from './poll-until.ts'
import { type Connection, type Query, sendRequest } from './request.ts'
import { streamCalls } from './stream-calls.ts'

const minute = 60_000

/** Without a key, every call is a new request. The repeats that the client itself sends always have the same key. */
export type PostOptions = { readonly idempotencyKey?: string | undefined }

export type WaitOptions<Value> = {
  /** Milliseconds. */
  readonly timeoutMs?: number | undefined
  readonly onProgress?: ((value: Value) => void) | undefined
}

export type ApiClient = ReturnType<typeof openApiClient>

/**
 * The HTTP API as functions. A call throws an ApiError when it is refused, or when the service cannot be reached; sendRequest says what is
 * tried again before that.
 */
export function openApiClient(connection: Connection) {
  const methods = openMethods(connection)
  return {
    ...accountCalls(methods),
    ...creditCalls(methods),
    ...disbursementCalls(methods),
    ...jobCalls(methods),
    ...billRunCalls(methods),
    ...streamCalls(connection),
    ...anyCall(connection),
    ...invoiceCalls(methods),
    ...operationCalls(methods),
    ...keyCalls(methods),
    ...sessionCalls(methods),
  } as const
}

type Methods = ReturnType<typeof openMethods>

function openMethods(connection: Connection) {
  return {
    get: <Body>(path: string, query?: Query) => sendRequest<Body>(connection, { method: 'GET', path, query }),
    put: <Body>(path: string, body: unknown) => sendRequest<Body>(connection, { method: 'PUT', path, body }),
    remove: (path: string, query?: Query) => sendRequest<void>(connection, { method: 'DELETE', path, query }),
    post: <Body>(path: string, body: unknown, { idempotencyKey = randomUUID() }: PostOptions = {}) =>
      sendRequest<Body>(connection, { method: 'POST', path, body, idempotencyKey }),
  }
}

const anyCall = (connection: Connection) => ({
  /** A call that has no function of its own here. Undefined for an empty answer. A POST without a key is a new request. */
  call: (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { body, idempotencyKey = randomUUID() }: PostOptions & { readonly body?: unknown } = {},
  ) => sendRequest<unknown>(connection, { method, path, body, ...(method === 'POST' ? { idempotencyKey } : {}) }),
})

const accountCalls = ({ get, post }: Methods) => ({
  createAccount: (account: NewAccount, options?: PostOptions) => post<Account>('v1/accounts', account, options),
  listAccounts: (query: AccountQuery = {}) => get<Page<Account>>('v1/accounts', query),
  getAccount: (accountId: string) => get<AccountOverview>(`v1/accounts/${accountSegment(accountId)}`),

  getStatement: (accountId: string, query: StatementQuery = {}) =>
    get<Statement>(`v1/accounts/${accountSegment(accountId)}/statement`, query),

  listCharges: (accountId: string, query: ChargeQuery = {}) =>
    get<Page<ListedCharge>>(`v1/accounts/${accountSegment(accountId)}/charges`, query),
  listAccountActivity: (accountId: string, query: PageQuery = {}) =>
    get<Page<AuditEntry>>(`v1/accounts/${accountSegment(accountId)}/activity`, query),
  listBillGroups: (query: PageQuery = {}) => get<Page<BillGroup>>('v1/bill-groups', query),

  /** 1 to 1,000 charges, all or none. */
  postCharges: (charges: readonly NewCharge[], options?: PostOptions) =>
    post<RecordedCharges>('v1/charges', { charges }, options),
})

const creditCalls = ({ get, post, remove }: Methods) => ({
  postCredit: (credit: NewCredit, options?: PostOptions) => post<AcceptedCredit>('v1/credits', credit, options),
  /** 1 to 1,000 credits, each accepted or rejected by itself. */
  postCreditBatch: (credits: readonly NewCredit[], options?: PostOptions) =>
    post<CreditBatchAnswer>('v1/credits/batch', { credits }, options),
  listCredits: (query: CreditQuery = {}) => get<Page<Credit>>('v1/credits', query),
  getCredit: (creditId: string) => get<Credit>(`v1/credits/${segment(creditId)}`),
  deleteCredit: (creditId: string, why: Reason = {}) => remove(`v1/credits/${segment(creditId)}`, why),

  requestReversal: (creditId: string, why: Reason = {}, options?: PostOptions) =>
    post<AcceptedCredit>(`v1/credits/${segment(creditId)}/reversal`, why, options),
  cancelReversal: (creditId: string, why: Reason = {}) => remove(`v1/credits/${segment(creditId)}/reversal`, why),
})

const disbursementCalls = ({ get, post }: Methods) => ({
  listUnpaidInvoices: (creditId: string, query: PageQuery = {}) =>
    get<Page<Invoice>>(`v1/credits/${segment(creditId)}/unpaid-invoices`, query),
  listDisbursements: (creditId: string, query: PageQuery = {}) =>
    get<Page<Disbursement>>(`v1/credits/${segment(creditId)}/disbursements`, query),
  disburse: (creditId: string, to: NewDisbursement, options?: PostOptions) =>
    post<DisbursementAnswer>(`v1/credits/${segment(creditId)}/disbursements`, to, options),
})

function jobCalls({ get, post }: Methods) {
  const getJob = (jobId: string) => get<Job>(`v1/jobs/${segment(jobId)}`)
  return {
    /** The newest first. */
    listJobs: (query: JobQuery = {}) => get<Page<Job>>('v1/jobs', query),
    getJob,
    /** Waits until the job is done or failed; for 10 minutes by default. */
    waitForJob: (jobId: string, { timeoutMs = 10 * minute, onProgress }: WaitOptions<Job> = {}) =>
      pollUntil(() => getJob(jobId), isFinishedJob, { timeoutMs, onValue: onProgress }),

    /** Queues a failed job again. */
    retryJob: (jobId: string, why: Reason = {}, options?: PostOptions) =>
      post<Job>(`v1/jobs/${segment(jobId)}/retry`, why, options),
    /** Why jobs failed, the most frequent reason first. */
    listJobFailureGroups: (query: Pick<JobQuery, 'type' | 'accountId'> = {}) =>
      get<{ readonly data: readonly JobFailureGroup[] }>('v1/jobs/failure-groups', query),
    /** Queues all failed jobs again that match. */
    retryJobs: (which: RetryJobs = {}, options?: PostOptions) => post<RetriedJobs>('v1/jobs/retry', which, options),
  }
}

function billRunCalls({ get, post }: Methods) {
  const getBillRun = (billRunId: string) => get<BillRun>(`v1/bill-runs/${segment(billRunId)}`)
  return {
    startBillRun: (run: NewBillRun, options?: PostOptions) => post<AcceptedBillRun>('v1/bill-runs', run, options),
    listBillRuns: (query: BillRunQuery = {}) => get<Page<BillRun>>('v1/bill-runs', query),
    getBillRun,
    /** Waits until the run has ended, also if it was cancelled or has failures; for 12 hours by default. */
    waitForBillRun: (billRunId: string, { timeoutMs = 720 * minute, onProgress }: WaitOptions<BillRun> = {}) =>
      pollUntil(() => getBillRun(billRunId), isFinishedRun, { timeoutMs, onValue: onProgress }),
    listBillRunFailures: (billRunId: string, query: BillRunFailureQuery = {}) =>
      get<Page<BillRunFailure>>(`v1/bill-runs/${segment(billRunId)}/failures`, query),
    /** The failures by their codes, the most frequent first. */
    getBillRunFailureGroups: (billRunId: string) =>
      get<{ readonly data: readonly BillRunFailureGroup[] }>(`v1/bill-runs/${segment(billRunId)}/failure-groups`),
    /** How many accounts it dealt with, step by step. */
    getBillRunRate: (billRunId: string) => get<BillRunRate>(`v1/bill-runs/${segment(billRunId)}/rate`),
    /** Tries all failed accounts again, or those with these codes or ids. */
    retryBillRun: (billRunId: string, { codes, accountIds, reason, ...options }: RetryRequest & PostOptions = {}) =>
      post<BillRun>(`v1/bill-runs/${segment(billRunId)}/retry`, { codes, accountIds, reason }, options),
    cancelBillRun: (billRunId: string, { reason, ...options }: Reason & PostOptions = {}) =>
      post<BillRun>(`v1/bill-runs/${segment(billRunId)}/cancel`, { reason }, options),
    previewBillRun: (preview: NewPreview, options?: PostOptions) =>
      post<Preview>('v1/bill-runs/preview', preview, options),
  }
}

const invoiceCalls = ({ get }: Methods) => ({
  listInvoices: (query: InvoiceQuery = {}) => get<Page<Invoice>>('v1/invoices', query),
  /** One invoice, by its id or its number. */
  getInvoice: (idOrNumber: string) => get<OneInvoice>(`v1/invoices/${segment(idOrNumber)}`),
  /** All lines of an invoice; the invoice itself shows the first 100. */
  listInvoiceTransactions: (invoiceId: string, query: PageQuery = {}) =>
    get<Page<InvoiceTransaction>>(`v1/invoices/${segment(invoiceId)}/transactions`, query),
})

const operationCalls = ({ get, put, post, remove }: Methods) => ({
  putSchedule: (name: string, schedule: NewSchedule) => put<Schedule>(`v1/schedules/${segment(name)}`, schedule),
  listSchedules: (query: PageQuery = {}) => get<Page<Schedule>>('v1/schedules', query),
  getSchedule: (name: string) => get<Schedule>(`v1/schedules/${segment(name)}`),
  /** When a schedule with this timing would be due next. */
  getScheduleTimes: (timing: { readonly cron: string; readonly timezone: string }) =>
    get<ScheduleTimes>('v1/schedule-times', timing),
  deleteSchedule: (name: string, why: Reason = {}) => remove(`v1/schedules/${segment(name)}`, why),

  /** Whether anything is wrong, the worst first. */
  getOperations: () => get<Operations>('v1/operations'),
  /** How the work went on in the last hours, 24 unless said, in steps of so many minutes. */
  getOperationsHistory: (query: { readonly hours?: number; readonly step?: number } = {}) =>
    get<OperationsHistory>('v1/operations/history', query),

  /** The newest first. */
  listReconciliations: (query: PageQuery = {}) => get<Page<Reconciliation>>('v1/reconciliations', query),
  getReconciliation: (reconciliationId: number) => get<Reconciliation>(`v1/reconciliations/${reconciliationId}`),
  /** Of the whole database. While one that was asked for is not done, that one is answered. */
  requestReconciliation: (why: Reason = {}, options?: PostOptions) =>
    post<ReconciliationRequest>('v1/reconciliations', why, options),
  getReconciliationRequest: (reconciliationRequestId: string) =>
    get<ReconciliationRequest>(`v1/reconciliation-requests/${segment(reconciliationRequestId)}`),

  listAudit: (query: AuditQuery = {}) => get<Page<AuditEntry>>('v1/audit', query),
})

const sessionCalls = ({ get, post, remove }: Methods) => ({
  /** The key that asks, and what it may do. */
  getMe: () => get<Me>('v1/me'),
  /** A session that stands for the key. Its token is null when the answer is a replay. */
  startSession: (options?: PostOptions) => post<StartedSession>('v1/sessions', undefined, options),
  /** The open sessions of the own key; of all keys with the scope admin. */
  listSessions: (query: PageQuery = {}) => get<Page<Session>>('v1/sessions', query),
  /** Signs out. `current` is the session that the request comes with. */
  endSession: (sessionId: string) => remove(`v1/sessions/${segment(sessionId)}`),
})

const keyCalls = ({ get, post, remove }: Methods) => ({
  /** The newest first, without the keys themselves. */
  listKeys: (query: PageQuery = {}) => get<Page<Key>>('v1/keys', query),
  /** The key is shown this once. */
  createKey: (key: NewKey, options?: PostOptions) => post<CreatedKey>('v1/keys', key, options),
  revokeKey: (keyId: string, why: Reason = {}) => remove(`v1/keys/${segment(keyId)}`, why),
})

/** An account may be called `.` or `..`, which would be folded out of the address. */
function accountSegment(key: string): string {
  return key === '.' || key === '..' ? `~${key}` : segment(key)
}

function segment(id: string): string {
  return encodeURIComponent(id)
}

function isFinishedJob({ status }: Job): boolean {
  return status === 'done' || status === 'failed'
}

function isFinishedRun({ status }: BillRun): boolean {
  return status !== 'queued' && status !== 'running'
}
