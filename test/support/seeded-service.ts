import { sql } from 'kysely'
import type {
  AcceptedBillRun,
  AcceptedCredit,
  Account,
  Charge,
  Credit,
  Invoice,
  Page,
  ReconciliationRequest,
} from '../../src/api/types.ts'
import type { Db } from '../../src/db/open.ts'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { settleJobs } from '../../src/ledger/requests/settle-jobs.ts'
import type { Call, Service } from './service.ts'

/** The ids in a seeded service, by the names that stand in braces in the paths of tests: `/v1/credits/{pending}`. */
export type Ids = Readonly<Record<string, string>>

/** A valid id that does not exist. */
export const NOBODY = '019ac0de-0000-7000-8000-0000000000ff'

/**
 * Seeds a service with one thing of each kind: accounts in three currencies, a credit in every status, a failed job, invoices, bill runs, a
 * schedule, a key. Returns their ids.
 */
export async function seedService({ call, processAll, db }: Service): Promise<Ids> {
  for (const [accountId, currency] of [
    ['usd', 'USD'],
    ['other', 'USD'],
    ['jpy', 'JPY'],
    ['kwd', 'KWD'],
  ]) {
    await made<Account>(call, '/v1/accounts', { accountId, name: `Account ${accountId}`, currency })
  }
  await made<{ charges: readonly Charge[] }>(call, '/v1/charges', {
    charges: [
      { accountId: 'usd', amount: '140', description: 'Hosting', chargedOn: '2026-01-01', reference: 'line-1' },
      { accountId: 'other', amount: '100', description: 'Hosting', chargedOn: '2026-01-01' },
      { accountId: 'jpy', amount: '1000', description: 'Hosting', chargedOn: '2026-01-01' },
      { accountId: 'kwd', amount: '10.5', description: 'Hosting', chargedOn: '2026-01-01' },
    ],
  })
  const credit = async (amount: string, reference?: string) => {
    const body = {
      accountId: 'usd',
      amount,
      reason: 'Goodwill',
      automaticDisbursement: false,
      ...(reference ? { reference } : {}),
    }
    return await made<AcceptedCredit>(call, '/v1/credits', body)
  }
  const run = async (accountIds: readonly string[], billDate: string) =>
    (await made<AcceptedBillRun>(call, '/v1/bill-runs', { accountIds, billDate })).billRunId

  const issued = await credit('50', 'ticket-1')
  const reversalPending = await credit('20')
  const reversed = await credit('10')
  await processAll()
  const finishedRun = await run(['usd', 'other', 'jpy', 'kwd'], '2026-01-31')
  await processAll()
  const reversalJob = await made<AcceptedCredit>(call, `/v1/credits/${reversed.creditId}/reversal`, {})
  await processAll()
  await run(['usd'], '2026-02-28')
  await processAll()
  await made<AcceptedCredit>(call, `/v1/credits/${reversalPending.creditId}/reversal`, {})
  const pending = await credit('5')
  const deleted = await credit('6')
  await processAll()
  await call('DELETE', `/v1/credits/${deleted.creditId}`)
  const cancelledRun = await run(['usd'], '2026-03-31')
  await made(call, `/v1/bill-runs/${cancelledRun}/cancel`, {})
  await call('PUT', '/v1/schedules/nightly', {
    body: { cron: '0 2 * * *', timezone: 'Europe/London', billGroup: 'nobody' },
  })
  const key = await made<{ keyId: string }>(call, '/v1/keys', { name: 'a key', scopes: ['read'] })
  const session = await made<{ sessionId: string }>(call, '/v1/sessions', undefined)
  const { reconciliationId } = await recordReconciliation(db)
  const asked = await made<ReconciliationRequest>(call, '/v1/reconciliations', {})
  const failed = await credit('8', 'ticket-8')
  const refusal = { code: 'database_refused', message: 'there is no place for it' }
  await settleJobs(db, [{ id: failed.jobId, refusal, result: {} }])
  const queued = await credit('7')

  const invoiceOf = async (accountId: string) =>
    (await call<Page<Invoice>>('GET', `/v1/invoices?accountId=${accountId}&billRunId=${finishedRun}`)).body.data[0]
      ?.invoiceId ?? ''
  const left = (await call<Credit>('GET', `/v1/credits/${issued.creditId}`)).body.amountLeft
  if (left !== '50.00') throw new Error(`the service is not seeded as it should be: the issued credit has ${left} left`)
  return {
    nobody: NOBODY,
    issued: issued.creditId,
    issuedJob: issued.jobId,
    reversalPending: reversalPending.creditId,
    reversed: reversed.creditId,
    reversalJob: reversalJob.jobId,
    pending: pending.creditId,
    deleted: deleted.creditId,
    queued: queued.creditId,
    failedJob: failed.jobId,
    finishedRun,
    cancelledRun,
    invoice: await invoiceOf('usd'),
    otherInvoice: await invoiceOf('other'),
    yenInvoice: await invoiceOf('jpy'),
    key: key.keyId,
    session: session.sessionId,
    reconciliation: String(reconciliationId),
    reconciliationRequest: asked.reconciliationRequestId,
  }
}

async function made<Body>(call: Call, path: string, body: unknown): Promise<Body> {
  const answer = await call<Body>('POST', path, { body })
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

/** Puts ids in the place of their names in braces. */
export function fill(text: string, ids: Ids): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole)
}

/** Every table of the ledger and of the work, as a count and a sum over all columns of all rows: equal when nothing at all has changed, but when a key was used. */
export async function fingerprint(db: Db): Promise<Readonly<Record<string, string>>> {
  const { rows } = await sql<{ name: string; state: string }>`${sql.raw(
    TABLES.map(
      (table) =>
        `select '${table}' as name, count(*) || ' ' || coalesce(sum(hashtextextended((to_jsonb(t) - array['last_used_at', 'last_seen_at'])::text, 0)), 0) as state from ${table} t`,
    ).join(' union all '),
  )}`.execute(db)
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]))
}

const TABLES = [
  'account',
  'api_key',
  'audit_entry',
  'bill_batch',
  'bill_batch_total',
  'bill_run',
  'charge',
  'credit',
  'credit_reference',
  'disbursement',
  'idempotency_record',
  'invoice',
  'invoice_counter',
  'job',
  'reconciliation',
  'reconciliation_request',
  'schedule',
]
