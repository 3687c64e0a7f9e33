import type {
  Account,
  AuditEntry,
  BillRun,
  BillRunFailure,
  BillRunTotal,
  Credit,
  Disbursement,
  Invoice,
  InvoiceTransaction,
  Job,
  PreviewedInvoice,
  Reconciliation,
  Schedule,
} from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { formatMoney, groupThousands } from './format-money.ts'
import { type Column, renderTable } from './render-table.ts'

/** The output of `reconcile --json`: every rule of the ledger, with the number of its violations. */
export type ReconciliationReport = { readonly ok: boolean; readonly checks: readonly ReconciliationCheck[] }

export type ReconciliationCheck = {
  readonly name: string
  readonly description: string
  readonly violations: number
  readonly examples: readonly string[]
}

/** A run's status in a few lines, and below them its totals, one row for each currency. */
export function billRunTable(run: BillRun): string {
  const { accounts, billed, nothingToBill, failed } = run.progress
  const heading = `Bill run of ${printable(subject(run))} as of ${run.billDate}: ${words(run.status)}${duration(run)}`
  const counts = [
    `Accounts: ${groupThousands(accounts)}, of which ${groupThousands(billed)} billed`,
    `${groupThousands(nothingToBill)} with nothing to bill`,
    `${groupThousands(failed)} failed`,
  ].join(', ')
  const totals = run.totals.length === 0 ? [] : [renderTable(totalColumns, run.totals)]
  const trouble = run.trouble ? [`Not yet, because ${printable(run.trouble.reason)}, since ${run.trouble.since}`] : []
  return [heading, counts, ...trouble, ...totals].join('\n')
}

const totalColumns: readonly Column<BillRunTotal>[] = [
  right('Invoices', ({ invoices }) => groupThousands(invoices)),
  right('Charged', ({ charged, currency }) => formatMoney(charged, currency)),
  right('Credits issued', ({ creditsIssued, currency }) => countAndMoney(creditsIssued, currency)),
  right('Disbursed', ({ disbursed, currency }) => formatMoney(disbursed, currency)),
  right('Credits reversed', ({ creditsReversed, currency }) => countAndMoney(creditsReversed, currency)),
]

export function billRunsTable(runs: readonly BillRun[]): string {
  return tableOr('No bill runs.', runs, [
    left('Bill run', ({ billRunId }) => billRunId),
    left('Of', subject),
    left('Bill date', ({ billDate }) => billDate),
    left('Status', ({ status }) => words(status)),
    right('Accounts', ({ progress }) => groupThousands(progress.accounts)),
    right('Billed', ({ progress }) => groupThousands(progress.billed)),
    right('Failed', ({ progress }) => groupThousands(progress.failed)),
    right('Charged', ({ totals }) => totals.map(({ charged, currency }) => formatMoney(charged, currency)).join(', ')),
  ])
}

/** A job's outcome in a few lines. */
export function jobText({ jobId, type, status, attempts, error, trouble, createdAt, finishedAt }: Job): string {
  return [
    `Job ${jobId}, a ${type}: ${status}`,
    ...(error ? [`It failed: ${error.code}: ${printable(error.message)}`] : []),
    ...(trouble ? [`Not yet, because ${printable(trouble.reason)}, since ${trouble.since}`] : []),
    `Attempts: ${attempts}, accepted ${createdAt}${finishedAt === null ? '' : `, ended ${finishedAt}`}`,
  ].join('\n')
}

export function failuresTable(failures: readonly BillRunFailure[]): string {
  return tableOr('No failures.', failures, [
    left('Account', ({ accountId }) => accountId),
    left('Code', ({ code }) => code),
    left('Reason', ({ message }) => message),
    right('Attempts', ({ attempts }) => String(attempts)),
  ])
}

export function accountsTable(accounts: readonly Account[]): string {
  return tableOr('No accounts.', accounts, [
    left('Account', ({ accountId }) => accountId),
    left('Name', ({ name }) => name),
    left('Bill group', ({ billGroup }) => billGroup),
    right('Terms', ({ paymentTermsDays }) => `${paymentTermsDays} days`),
    right('Balance', ({ balance, currency }) => formatMoney(balance, currency)),
    right('Credit left', ({ creditLeft, currency }) => formatMoney(creditLeft, currency)),
  ])
}

export function creditsTable(credits: readonly Credit[]): string {
  return tableOr('No credits.', credits, [
    left('Credit', ({ creditId }) => creditId),
    left('Account', ({ accountId }) => accountId),
    left('Status', ({ status }) => words(status)),
    left('Disbursed', ({ automaticDisbursement }) => (automaticDisbursement ? 'automatically' : 'by hand')),
    right('Amount', ({ amount, currency }) => formatMoney(amount, currency)),
    right('Left', ({ amountLeft, currency }) => formatMoney(amountLeft, currency)),
    right('Invoice', ({ invoiceNumber }) => String(invoiceNumber ?? '')),
    left('Reason', ({ reason }) => reason),
  ])
}

/** `currency` is the credit's: disbursements do not name one. */
export function disbursementsTable(disbursements: readonly Disbursement[], currency: string): string {
  return tableOr('No disbursements.', disbursements, [
    left('Disbursement', ({ disbursementId }) => disbursementId),
    right('Invoice', ({ invoiceNumber }) => String(invoiceNumber)),
    right('Amount', ({ amount }) => formatMoney(amount, currency)),
    left('Made', ({ automatic }) => (automatic ? 'automatically' : 'by hand')),
    left('At', ({ createdAt }) => createdAt),
  ])
}

export function invoicesTable(invoices: readonly Invoice[]): string {
  return tableOr('No invoices.', invoices, [
    right('Number', ({ number }) => String(number)),
    left('Invoice', ({ invoiceId }) => invoiceId),
    left('Issued', ({ issuedOn }) => issuedOn),
    left('Due', ({ dueOn }) => dueOn),
    ...amountColumns,
    left('Status', ({ status }) => status),
  ])
}

export function previewTable(invoices: readonly PreviewedInvoice[]): string {
  return tableOr('Nothing to bill.', invoices, [left('Account', ({ accountId }) => accountId), ...amountColumns])
}

const amountColumns: readonly Column<PreviewedInvoice>[] = [
  right('Total charge', ({ totalCharge, currency }) => formatMoney(totalCharge, currency)),
  right('Total', ({ total, currency }) => formatMoney(total, currency)),
  right('Balance', ({ balance, currency }) => formatMoney(balance, currency)),
]

export function transactionsTable(transactions: readonly InvoiceTransaction[], currency: string): string {
  return tableOr('No transactions.', transactions, [
    left('Transaction', ({ type }) => transactionNames[type]),
    left('Description', ({ description }) => description),
    right('Amount', ({ amount }) => formatMoney(amount, currency)),
  ])
}

const transactionNames = { charge: 'Charge', credit: 'Credit', reversed_credit: 'Reversed Credit' } as const

export function schedulesTable(schedules: readonly Schedule[]): string {
  return tableOr('No schedules.', schedules, [
    left('Schedule', ({ name }) => name),
    left('Cron', ({ cron }) => cron),
    left('Time zone', ({ timezone }) => timezone),
    left('Bill group', ({ billGroup }) => billGroup),
    left('Enabled', ({ enabled }) => (enabled ? 'yes' : 'no')),
  ])
}

export function reconciliationsTable(reconciliations: readonly Reconciliation[]): string {
  return tableOr('No reconciliations.', reconciliations, [
    left('Started', ({ startedAt }) => startedAt),
    left('Finished', ({ finishedAt }) => finishedAt),
    left('Of', ({ billRunId }) => billRunId ?? 'the whole database'),
    left('', ({ ok }) => (ok ? 'ok' : 'broken')),
    left('Broken rules', ({ checks }) =>
      checks
        .filter(({ violations }) => violations > 0)
        .map(({ name, violations }) => `${name}: ${groupThousands(violations)}`)
        .join(', '),
    ),
  ])
}

export function auditTable(entries: readonly AuditEntry[]): string {
  return tableOr('Nothing was done.', entries, [
    left('At', ({ at }) => at),
    left('Action', ({ action }) => action),
    left('Subject', ({ subject }) => subject),
    left('By', ({ source, keyName, keyId }) => (source === 'http' ? `key ${keyName ?? keyId}` : source)),
    left('Request', ({ requestId }) => requestId ?? ''),
    left('Reason', ({ reason }) => reason ?? ''),
    left('Detail', ({ detail }) => detail ?? ''),
  ])
}

/** Every rule, and below the table the first violations of each broken rule, in words. */
export function reconciliationTable({ checks }: ReconciliationReport): string {
  const broken = checks.filter(({ violations }) => violations > 0)
  return [
    renderTable<ReconciliationCheck>(
      [
        left('Rule', ({ description }) => description),
        right('Violations', ({ violations }) => groupThousands(violations)),
        left('', ({ violations }) => (violations === 0 ? 'ok' : 'broken')),
      ],
      checks,
    ),
    ...broken.map(({ description, examples }) => [`\nBroken: ${description}. Found:`, ...examples].join('\n  ')),
  ].join('\n')
}

function left<Row>(title: string, value: (row: Row) => string): Column<Row> {
  return { title, value, align: 'left' }
}

function right<Row>(title: string, value: (row: Row) => string): Column<Row> {
  return { title, value, align: 'right' }
}

function tableOr<Row>(none: string, rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return rows.length === 0 ? none : renderTable(columns, rows)
}

function subject({ name, billGroup }: BillRun): string {
  return name ?? billGroup ?? 'named accounts'
}

function words(code: string): string {
  return code.replaceAll('_', ' ')
}

function countAndMoney({ count, amount }: BillRunTotal['creditsIssued'], currency: string): string {
  return count === 0 ? '-' : `${groupThousands(count)}: ${formatMoney(amount, currency)}`
}

function duration({ startedAt, finishedAt }: BillRun): string {
  if (startedAt === null || finishedAt === null) return ''
  return ` in ${((Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000).toFixed(1)} s`
}
