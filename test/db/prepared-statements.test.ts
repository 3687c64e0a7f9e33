import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Tx } from '../../src/db/open.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { insertBatches } from '../../src/ledger/bill-runs/batches.ts'
import { recordCharges } from '../../src/ledger/charges/record-charges.ts'
import { acceptCredits } from '../../src/ledger/credits/accept-credits.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { previewInvoices } from '../../src/ledger/invoices/preview-invoices.ts'
import { claimKeys, keepAnswers } from '../../src/ledger/requests/idempotency.ts'
import { openWorld, type World } from '../support/world.ts'

const SIZES = [2, 3, 7, 40]
const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'KWD', 'CHF', 'SEK']

let world: World
beforeEach(async () => {
  world = await openWorld({ max: 1 })
})
afterEach(() => world.close())

/** The statements that the one connection keeps. */
async function prepared(): Promise<readonly string[]> {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(world.db)
  return rows.map(({ statement }) => statement).sort()
}

const many = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index))

const keyed = (size: number) =>
  many(size, (index) => ({
    apiKeyId: world.actor.apiKeyId,
    key: `${size} "quoted", {braced} \\ ${index}`,
    requestHash: Buffer.alloc(32, index),
  }))

const credits = (size: number) =>
  many(size, (index) => ({
    request: { accountId: 'account-1', amount: '0.10', reason: 'r', reference: `{"${size}",\\ ${index}}` },
    actor: world.actor,
  }))

const scripts: Readonly<Record<string, (tx: Tx, size: number) => Promise<unknown>>> = {
  'accept credits': (tx, size) => acceptCredits(tx, credits(size)),
  'accept credits again': (tx, size) => acceptCredits(tx, [...credits(size), ...credits(size)]),
  'record credits': async (tx, size) => {
    const jobs = await tx.selectFrom('job').select('id').where('status', '=', 'queued').limit(size).execute()
    await recordCredits(
      tx,
      jobs.map(({ id }) => id),
    )
  },
  'claim keys and keep answers': async (tx, size) => {
    await claimKeys(tx, keyed(size))
    await keepAnswers(
      tx,
      keyed(size).map((one) => ({ keyed: one, answer: { status: 204 } })),
    )
  },
  'record charges': (tx, size) =>
    recordCharges(
      tx,
      many(size, (index) => ({
        accountId: `account-${index + 1}`,
        amount: '1',
        description: 'd',
        chargedOn: '2026-01-01',
        dateGiven: true,
      })),
    ),
  'preview invoices': (tx, size) =>
    previewInvoices(
      tx,
      many(size, (index) => `account-${index + 1}`),
      '2026-01-31',
    ),
  'cut batches': async (tx, size) => {
    const run = await tx.selectFrom('bill_run').select('id').executeTakeFirstOrThrow()
    await insertBatches(
      tx,
      run.id,
      many(size, (index) => [3 * index + 1, 3 * index + 2]),
    )
  },
}

test('a connection keeps the same statements, however many rows each is about', async () => {
  await world.accounts(many(40, () => ({})))
  await world.start({})
  const runAll = async (size: number) => {
    for (const script of Object.values(scripts)) await inTransaction(world.db, (tx) => script(tx, size))
  }
  await runAll(1)
  const once = await prepared()
  expect(once.length).toBeGreaterThan(5)
  for (const size of SIZES) await runAll(size)
  expect(await prepared()).toEqual(once)
})

test('nor do bill runs of many currencies add any', async () => {
  const bill = async (currencies: readonly string[]) => {
    const accounts = await world.accounts(currencies.map((currency) => ({ currency, charges: ['3'] })))
    const run = await world.billRun({ accounts })
    return await world.db.selectFrom('bill_batch_total').selectAll().where('bill_run_id', '=', run).execute()
  }
  await bill(CURRENCIES.slice(0, 1))
  const once = await prepared()
  const totals = await bill(CURRENCIES)
  expect(totals.map(({ currency, charged }) => `${charged} ${currency}`).sort()).toEqual(
    CURRENCIES.map((currency) => `3 ${currency}`).sort(),
  )
  expect(await prepared()).toEqual(once)
  await world.expectReconciled()
})

test('what is kept of answers comes back as it was, whatever is in it', async () => {
  const answers = [
    { status: 204 },
    { status: 202, location: '/v1/jobs/{1}', body: { 'a "quoted"\n\\key': ['{', null, '0.10', 'é😀'] } },
    { status: 200, location: 'NULL', body: { key: null } },
  ]
  const kept = keyed(answers.length)
  await inTransaction(world.db, (tx) =>
    keepAnswers(
      tx,
      answers.map((answer, index) => ({ keyed: kept[index] as (typeof kept)[number], answer })),
    ),
  )
  expect(await inTransaction(world.db, (tx) => claimKeys(tx, kept))).toEqual(answers)
})
