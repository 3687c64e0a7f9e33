import { sql } from 'kysely'
import pg from 'pg'
import { expect } from 'vitest'
import { type Db, openDb } from '../../src/db/open.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createAccount } from '../../src/ledger/accounts/create-account.ts'
import type { Actor } from '../../src/ledger/audit/actor.ts'
import { startBillRun } from '../../src/ledger/bill-runs/start-bill-run.ts'
import { recordCharges } from '../../src/ledger/charges/record-charges.ts'
import { type AcceptedCredit, acceptCredits } from '../../src/ledger/credits/accept-credits.ts'
import { acceptReversal } from '../../src/ledger/credits/accept-reversal.ts'
import { cancelReversal } from '../../src/ledger/credits/cancel-reversal.ts'
import { deleteCredit } from '../../src/ledger/credits/delete-credit.ts'
import { disburseCredit } from '../../src/ledger/credits/disburse-credit.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { recordReversals } from '../../src/ledger/credits/record-reversals.ts'
import { createKey, SCOPES } from '../../src/ledger/keys/api-keys.ts'
import { reconcile } from '../../src/ledger/reconcile/reconcile.ts'
import { formatAmount, Money } from '../../src/money.ts'
import { Refusal } from '../../src/problems.ts'
import { processBatch } from '../../src/work/process-batch.ts'
import { processBillRun } from '../../src/work/process-bill-run.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { ENTRIES } from './entries.ts'

export const CHARGED_ON = '2026-01-01'
export const BILL_DATE = '2026-01-31'

export type TestAccount = {
  readonly id: number
  readonly key: string
  readonly currency: string
  /** The ids of what it was set up with. */
  readonly charges: readonly string[]
  readonly credits: readonly string[]
}

export type NewTestCredit = { readonly amount: string; readonly automatic: boolean }

export type NewTestAccount = {
  /** USD unless said. */
  readonly currency?: string
  /** Payment terms in days; 30 unless said. */
  readonly terms?: number
  readonly group?: string
  readonly charges?: readonly string[]
  readonly credits?: readonly NewTestCredit[]
}

export type TestInvoice = {
  readonly id: string
  readonly number: number
  readonly billRunId: string
  readonly issuedOn: string
  readonly dueOn: string
  readonly totalCharge: string
  readonly total: string
  readonly balance: string
  readonly transactions: readonly { readonly type: string; readonly amount: string }[]
  readonly disbursements: readonly { readonly creditId: string; readonly amount: string; readonly automatic: boolean }[]
}

export type TestCredit = {
  readonly status: string
  readonly amount: string
  readonly left: string
  readonly invoiceId: string | null
  readonly reversedOnInvoiceId: string | null
  readonly disbursements: readonly { readonly invoiceId: string; readonly amount: string }[]
}

export type TestBillRun = {
  readonly batchSize?: number
  /** A bill group, or named accounts; the group `default` unless said. */
  readonly group?: string
  readonly accounts?: readonly TestAccount[]
  readonly billDate?: string
  /** How many workers process batches at once; 1 by default. */
  readonly workers?: number
}

export type World = Awaited<ReturnType<typeof openWorld>>

/** How often a batch that throws is delivered, as a queue would. */
const MAX_DELIVERIES = 20

/**
 * A database of the test's own, and what happens in it: everything through the real scripts, as the service logs in, with no queue between.
 * `max`: connections at most. `lockTimeoutMs`: how long a statement may wait for a lock. `database`: one that is the caller's to drop.
 */
export async function openWorld({
  max = 10,
  lockTimeoutMs = 20_000,
  database: given,
}: {
  readonly max?: number
  readonly lockTimeoutMs?: number
  readonly database?: TestDatabase
} = {}) {
  const database = given ?? (await openTestDatabase())
  const db = openDb({
    url: database.url,
    max,
    name: 'test-world',
    statementTimeoutMs: 30_000,
    lockTimeoutMs,
    onIdleError: () => {},
  })
  const { id: apiKeyId } = await createKey(db, 'test', SCOPES)
  const actor: Actor = { apiKeyId, requestId: 'test' }
  const close = async () => {
    await db.destroy()
    if (given === undefined) await database.drop()
  }
  const asOwner = <T>(act: (client: pg.Client) => Promise<T>) => connected(database.ownerUrl, act)
  return { db, actor, ...givesTo(db, actor), ...bills(db), ...changes(db, actor), ...reads(db), asOwner, close }
}

/** Statements as the owner of the database, whom no right limits, on one connection. */
async function connected<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await act(client)
  } finally {
    await client.end()
  }
}

/** Accounts, and what is pending on them. */
function givesTo(db: Db, actor: Actor) {
  let made = 0

  /** Many accounts, in as few statements as one. They are in the order given, and so are their ids. */
  async function accounts(given: readonly NewTestAccount[]): Promise<readonly TestAccount[]> {
    const named = given.map((one) => ({ ...one, key: `account-${++made}`, currency: one.currency ?? 'USD' }))
    const idOf = await inTransaction(db, async (tx) => {
      for (const { key, currency, group = 'default', terms = 30 } of named) {
        await createAccount(tx, { accountId: key, name: key, currency, billGroup: group, paymentTermsDays: terms })
      }
      const rows = await tx.selectFrom('account').select(['id', 'key']).execute()
      return new Map(rows.map(({ id, key }) => [key, id]))
    })
    const charged = named.flatMap(({ key, charges = [] }) => charges.map((amount) => ({ key, amount })))
    const credited = named.flatMap(({ key, credits = [] }) => credits.map((credit) => ({ key, ...credit })))
    const chargeIds = await record(charged)
    const creditIds = await give(credited)
    return named.map(({ key, currency }) => ({
      id: idOf.get(key) as number,
      key,
      currency,
      charges: chargeIds.filter((_, index) => charged[index]?.key === key),
      credits: creditIds.filter((_, index) => credited[index]?.key === key),
    }))
  }

  async function record(
    items: readonly { readonly key: string; readonly amount: string; readonly chargedOn?: string }[],
  ): Promise<readonly string[]> {
    const charges = items.map(({ key, amount, chargedOn = CHARGED_ON }) => ({
      accountId: key,
      amount,
      description: 'a charge',
      chargedOn,
      dateGiven: true,
    }))
    const recorded = await inTransaction(db, (tx) => recordCharges(tx, charges))
    return recorded.map(({ id }) => id)
  }

  async function acceptEach(items: readonly ({ readonly key: string } & NewTestCredit)[]) {
    const requests = items.map(({ key, amount, automatic }) => ({
      request: { accountId: key, amount, reason: 'a credit', automaticDisbursement: automatic },
      actor,
    }))
    const answers = await inTransaction(db, (tx) => acceptCredits(tx, requests))
    return answers.map((answer) => {
      if (answer instanceof Refusal) throw answer
      return answer
    })
  }

  async function give(items: readonly ({ readonly key: string } & NewTestCredit)[]): Promise<readonly string[]> {
    const accepted = await acceptEach(items)
    const jobIds = accepted.map(({ jobId }) => jobId)
    await inTransaction(db, (tx) => recordCredits(tx, jobIds))
    return accepted.map(({ creditId }) => creditId)
  }

  return {
    accounts,
    account: async (given: NewTestAccount = {}) => (await accounts([given]))[0] as TestAccount,
    charge: async ({ key }: TestAccount, amount: string, chargedOn = CHARGED_ON) =>
      (await record([{ key, amount, chargedOn }]))[0] as string,
    /** Accepts a credit without recording it. Throws the Refusal when it is refused. */
    accept: async ({ key }: TestAccount, amount: string, { automatic }: { readonly automatic: boolean }) =>
      (await acceptEach([{ key, amount, automatic }]))[0] as AcceptedCredit,
    credit: async ({ key }: TestAccount, amount: string, { automatic }: { readonly automatic: boolean }) =>
      (await give([{ key, amount, automatic }]))[0] as string,
  }
}

/** Bill runs, whole and in their parts. */
function bills(db: Db) {
  const start = ({ group = 'default', accounts, billDate = BILL_DATE }: TestBillRun): Promise<string> =>
    inTransaction(db, async (tx) => {
      const of = accounts ? { accountKeys: accounts.map(({ key }) => key) } : { billGroup: group }
      return (await startBillRun(tx, { of, billDate, name: null })) as string
    })

  /** Selects a run's accounts. Returns the batches that wait to be processed. */
  async function select(billRunId: string, batchSize: number): Promise<readonly string[]> {
    const woken: string[] = []
    await processBillRun(db, billRunId, batchSize, async (ids) => void woken.push(...ids))
    return woken
  }

  async function deliver(batchId: string, waiting: string[]): Promise<void> {
    for (let delivery = 1; ; delivery += 1) {
      try {
        await processBatch(db, batchId, async (ids) => void waiting.push(...ids))
        return
      } catch (error) {
        if (delivery === MAX_DELIVERIES) throw error
      }
    }
  }

  /** Processes batches, and those that they are split into, until none is left. A batch that throws is delivered again. */
  async function processBatches(batchIds: readonly string[], workers = 1): Promise<void> {
    const waiting = [...batchIds]
    const work = async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await deliver(id, waiting)
    }
    await Promise.all(Array.from({ length: workers }, work))
  }

  /** Starts a bill run and processes it to its end. Returns its id. */
  async function billRun(run: TestBillRun = {}): Promise<string> {
    const billRunId = await start(run)
    await processBatches(await select(billRunId, run.batchSize ?? 200), run.workers)
    return billRunId
  }

  return { start, select, processBatches, billRun }
}

/** What a caller does with a credit. Each throws the Refusal when it is refused. */
function changes(db: Db, actor: Actor) {
  return {
    disburse: (creditId: string, invoiceId: string, amount: string) =>
      inTransaction(db, (tx) => disburseCredit(tx, creditId, invoiceId, amount)),
    /** Gives the id of its job. */
    requestReversal: async (creditId: string): Promise<string> => {
      const { jobId } = await inTransaction(db, (tx) => acceptReversal(tx, creditId, {}, actor))
      await inTransaction(db, (tx) => recordReversals(tx, [jobId]))
      return jobId
    },
    cancelReversal: (creditId: string) => inTransaction(db, (tx) => cancelReversal(tx, creditId)),
    deleteCredit: (creditId: string) => inTransaction(db, (tx) => deleteCredit(tx, creditId)),
  }
}

/** What has come of it all, with every amount as a caller sees it. */
function reads(db: Db) {
  async function invoicesOf({ id, currency }: TestAccount): Promise<readonly TestInvoice[]> {
    const say = (amount: string) => formatAmount(amount, currency)
    const invoices = await db.selectFrom('invoice').selectAll().where('account_id', '=', id).orderBy('number').execute()
    const { rows: transactions } = await sql<{ invoice_id: string; type: string; amount: string }>`
      select invoice_id, type, amount from ${sql.raw(ENTRIES)} entry where account_id = ${id} order by rank, at, id`.execute(
      db,
    )
    const disbursements = await db
      .selectFrom('disbursement')
      .selectAll()
      .where('account_id', '=', id)
      .orderBy('id')
      .execute()
    return invoices.map((invoice) => ({
      id: invoice.id,
      number: invoice.number,
      billRunId: invoice.bill_run_id,
      issuedOn: invoice.issued_on,
      dueOn: invoice.due_on,
      totalCharge: say(invoice.total_charge),
      total: say(invoice.total),
      balance: say(invoice.balance),
      transactions: transactions
        .filter(({ invoice_id }) => invoice_id === invoice.id)
        .map(({ type, amount }) => ({ type, amount: say(amount) })),
      disbursements: disbursements
        .filter(({ invoice_id }) => invoice_id === invoice.id)
        .map(({ credit_id, amount, automatic }) => ({ creditId: credit_id, amount: say(amount), automatic })),
    }))
  }

  async function creditOf(creditId: string): Promise<TestCredit> {
    const row = await db
      .selectFrom('credit')
      .innerJoin('account', 'account.id', 'credit.account_id')
      .selectAll('credit')
      .select('currency')
      .where('credit.id', '=', creditId)
      .executeTakeFirstOrThrow()
    const disbursements = await db
      .selectFrom('disbursement')
      .select(['invoice_id', 'amount'])
      .where('credit_id', '=', creditId)
      .orderBy('id')
      .execute()
    const say = (amount: string | Money) => formatAmount(amount, row.currency)
    return {
      status: row.status,
      amount: say(row.amount),
      left: say(new Money(row.amount).minus(row.disbursed)),
      invoiceId: row.invoice_id,
      reversedOnInvoiceId: row.reversed_on_invoice_id,
      disbursements: disbursements.map(({ invoice_id, amount }) => ({ invoiceId: invoice_id, amount: say(amount) })),
    }
  }

  return {
    invoicesOf,
    creditOf,
    balancesOf: async (account: TestAccount) => (await invoicesOf(account)).map(({ balance }) => balance),
    runOf: (billRunId: string) =>
      db.selectFrom('bill_run').selectAll().where('id', '=', billRunId).executeTakeFirstOrThrow(),
    expectReconciled: async () => {
      const { checks } = await reconcile(db)
      expect(checks.filter(({ violations }) => violations > 0)).toEqual([])
    },
  }
}

/** How many rows of a table meet a condition in SQL. */
export async function countOf(db: Db, table: string, where = 'true'): Promise<number> {
  const { rows } = await sql<{
    count: number
  }>`select count(*) from ${sql.table(table)} where ${sql.raw(where)}`.execute(db)
  return rows[0]?.count ?? 0
}

/** The code of the Refusal that something throws; undefined when it does not throw. Anything else thrown goes on. */
export async function refusalOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}
