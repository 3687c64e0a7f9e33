import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { recordReversals } from '../../src/ledger/credits/record-reversals.ts'
import {
  billModel,
  cancelReversalModel,
  dateOfDay,
  deleteModel,
  disburseModel,
  emptyAccount,
  type ModelAccount,
  type ModelCredit,
  type ModelInvoice,
  reverseModel,
  writeMinor,
} from '../support/model.ts'
import { expectStatement } from '../support/statement.ts'
import { openWorld, refusalOf, type TestAccount, type World } from '../support/world.ts'

const RUNS = Number(process.env.NIGHTBILL_MODEL_RUNS ?? 40)

/** What each account of a run is in. */
const CURRENCIES = [
  { currency: 'USD', decimals: 2 },
  { currency: 'JPY', decimals: 0 },
  { currency: 'KWD', decimals: 3 },
] as const

/** The model's own accounts. */
type Model = { readonly accounts: readonly ModelAccount[] }

/** The same accounts in the database, with the id of each credit, in the order in which they came. */
type Real = {
  readonly group: string
  readonly accounts: readonly (TestAccount & { readonly decimals: number; readonly creditIds: string[] })[]
  readonly jobs: string[]
}

type Command = fc.AsyncCommand<Model, Real>

let world: World
let groups = 0

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** The one of a list that a number means, undefined when the list is empty. */
const nth = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length]

function command(name: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name }
}

/** A command about one credit: which account's, and which of it. Nothing when the account has none. */
function aboutCredit(
  name: string,
  account: number,
  index: number,
  run: (credit: ModelCredit, creditId: string, real: Real) => Promise<void>,
): Command {
  return command(`${name} credit ${index} of ${account}`, async (model, real) => {
    const credits = model.accounts[account]?.credits ?? []
    const credit = nth(credits, index)
    const creditId = nth(real.accounts[account]?.creditIds ?? [], index)
    if (credit && creditId) await run(credit, creditId, real)
  })
}

/** The database agrees when it does it where the model does, and refuses for one of the model's reasons where that refuses. */
async function expectRefusal(attempt: Promise<unknown>, reasons: readonly string[]): Promise<void> {
  const code = await refusalOf(attempt)
  if (reasons.length === 0) expect(code).toBeUndefined()
  else expect(reasons).toContain(code)
}

const account = fc.nat({ max: CURRENCIES.length - 1 })
const index = fc.nat({ max: 7 })
const day = fc.nat({ max: 90 })
/** Mostly small, so that amounts meet and exhaust each other; sometimes the largest there is. */
const amount = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: 1n, max: 50n }) },
  { weight: 3, arbitrary: fc.bigInt({ min: 51n, max: 1_000_000n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 99_999_999_999_999n, max: 999_999_999_999_999n }) },
)

const charges = fc
  .tuple(account, amount, day)
  .map(([at, sum, on]) =>
    command(`charge ${sum} on day ${on} to ${at}`, (model, real) => charge(model, real, at, sum, on)),
  )

const credits = fc
  .tuple(account, amount, fc.boolean())
  .map(([at, sum, automatic]) =>
    command(`${automatic ? 'automatic' : 'manual'} credit ${sum} to ${at}`, (model, real) =>
      give(model, real, at, sum, automatic),
    ),
  )

const reversals = fc.tuple(account, index).map(([at, which]) =>
  aboutCredit('reverse', at, which, async (credit, creditId, real) => {
    const asked = world.requestReversal(creditId).then((jobId) => real.jobs.push(jobId))
    await expectRefusal(asked, reverseModel(credit))
  }),
)

const cancellations = fc
  .tuple(account, index)
  .map(([at, which]) =>
    aboutCredit('cancel the reversal of', at, which, (credit, creditId) =>
      expectRefusal(world.cancelReversal(creditId), cancelReversalModel(credit)),
    ),
  )

const deletions = fc
  .tuple(account, index)
  .map(([at, which]) =>
    aboutCredit('delete', at, which, (credit, creditId) =>
      expectRefusal(world.deleteCredit(creditId), deleteModel(credit)),
    ),
  )

/** All that can be disbursed, a part of it, a little too much, nothing, or less than nothing; what can succeed more often. */
const SHARES = [
  'all',
  'all',
  'half',
  'half',
  'one more than left',
  'one more than owed',
  'nothing',
  'less than nothing',
] as const
const share = fc.constantFrom(...SHARES)

function amountOf(how: (typeof SHARES)[number], credit: ModelCredit, invoice: ModelInvoice): bigint {
  const most = credit.left < invoice.balance ? credit.left : invoice.balance
  if (how === 'all') return most
  if (how === 'half') return (most + 1n) / 2n
  if (how === 'one more than left') return credit.left + 1n
  if (how === 'one more than owed') return invoice.balance + 1n
  return how === 'nothing' ? 0n : -1n
}

/** Mostly to the credit's own account, as that is where it can succeed. */
const toAccount = fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: account })

/** An unpaid one when there is one: where nothing is owed there is little to get wrong. */
function pick(invoices: readonly ModelInvoice[], which: number): number {
  const unpaid = [...invoices.keys()].filter((at) => (invoices[at]?.balance ?? 0n) > 0n)
  return nth(unpaid.length > 0 ? unpaid : [...invoices.keys()], which) ?? 0
}

const disbursements = fc.tuple(account, index, toAccount, index, share).map(([at, which, other, invoiceIndex, how]) =>
  command(
    `disburse ${how} of credit ${which} of ${at} to invoice ${invoiceIndex} of ${other ?? at}`,
    async (model, real) => {
      const from = model.accounts[at] as ModelAccount
      const to = model.accounts[other ?? at] as ModelAccount
      const { decimals, creditIds } = real.accounts[at] as Real['accounts'][number]
      const credit = nth(from.credits, which) as ModelCredit
      const creditId = nth(creditIds, which) as string
      const position = pick(to.invoices, invoiceIndex)
      const invoice = to.invoices[position] as ModelInvoice
      const stored = (await world.invoicesOf(real.accounts[other ?? at] as TestAccount))[position]
      const sum = amountOf(how, credit, invoice)
      await expectRefusal(
        world.disburse(creditId, stored?.id as string, writeMinor(sum, decimals)),
        disburseModel(from, credit, invoice, sum, decimals),
      )
    },
  ),
)

const wrongAmounts = fc
  .tuple(account, index, fc.constantFrom('0.0001', '1e2', '', ' 1', '05', 'NaN'))
  .map(([at, which, text]) =>
    aboutCredit(`disburse ${JSON.stringify(text)} of`, at, which, async (_, creditId, real) => {
      const [invoice] = await world.invoicesOf(real.accounts[at] as TestAccount)
      if (invoice) await expectRefusal(world.disburse(creditId, invoice.id, text), ['invalid_amount'])
    }),
  )

/** Every job that was ever enqueued is delivered again. */
const redeliveries = fc.constant(
  command('deliver everything again', async (_, { jobs }) => {
    await inTransaction(world.db, (tx) => recordCredits(tx, jobs))
    await inTransaction(world.db, (tx) => recordReversals(tx, jobs))
  }),
)

const billRuns = fc
  .tuple(fc.constantFrom(1, 2, 3, 200), day, fc.option(fc.uniqueArray(account, { minLength: 1 })))
  .map(([batchSize, on, named]) =>
    command(
      `bill ${named ? `accounts ${named.join()}` : 'the group'} as of day ${on}, ${batchSize} at once`,
      async (model, real) => {
        const accounts = named?.map((at) => real.accounts[at] as TestAccount)
        const of = accounts ? { accounts } : { group: real.group }
        await world.billRun({ ...of, batchSize, billDate: dateOfDay(on) })
        for (const [at, one] of model.accounts.entries()) if (!named || named.includes(at)) billModel(one, on)
        await expectAlike(model, real)
      },
    ),
  )

async function expectAlike(model: Model, real: Real): Promise<void> {
  for (const [at, one] of model.accounts.entries()) {
    const stored = real.accounts[at] as Real['accounts'][number]
    const say = (sum: bigint) => writeMinor(sum, stored.decimals)
    const invoices = await world.invoicesOf(stored)
    expect(
      invoices.map(({ issuedOn, dueOn, totalCharge, total, balance, transactions }) => {
        return { issuedOn, dueOn, totalCharge, total, balance, kinds: transactions.map(({ type }) => type).sort() }
      }),
    ).toEqual(
      one.invoices.map(({ issued, due, charged, total, balance, kinds }) => ({
        issuedOn: dateOfDay(issued),
        dueOn: dateOfDay(due),
        totalCharge: say(charged),
        total: say(total),
        balance: say(balance),
        kinds: [...kinds].sort(),
      })),
    )
    expect(await creditsOf(stored)).toEqual(one.credits.map(({ status, left }) => `${status} ${say(left)}`))
    const { rows } = await sql<{ pending: number }>`
      select count(*) as pending from charge where account_id = ${stored.id} and invoice_id is null`.execute(world.db)
    expect(rows[0]?.pending).toBe(one.charges.filter(({ billed }) => !billed).length)
    await expectStatement(world.db, stored.key, say(one.invoices.reduce((owed, { balance }) => owed + balance, 0n)))
  }
}

async function creditsOf({ creditIds }: Real['accounts'][number]): Promise<readonly string[]> {
  const found = await Promise.all(creditIds.map((id) => world.creditOf(id)))
  return found.map(({ status, left }) => `${status} ${left}`)
}

async function charge(model: Model, real: Real, at: number, amount: bigint, day: number): Promise<void> {
  const to = real.accounts[at] as Real['accounts'][number]
  await world.charge(to, writeMinor(amount, to.decimals), dateOfDay(day))
  model.accounts[at]?.charges.push({ amount, day, billed: false })
}

async function give(model: Model, real: Real, at: number, amount: bigint, automatic: boolean): Promise<void> {
  const to = real.accounts[at] as Real['accounts'][number]
  const { jobId, creditId } = await world.accept(to, writeMinor(amount, to.decimals), { automatic })
  await inTransaction(world.db, (tx) => recordCredits(tx, [jobId]))
  real.jobs.push(jobId)
  to.creditIds.push(creditId)
  model.accounts[at]?.credits.push({ amount, automatic, left: amount, status: 'pending' })
}

/** Each account begins with something billed, so that a short script gets somewhere. */
async function setUp(terms: readonly number[]): Promise<{ model: Model; real: Real }> {
  const group = `group-${++groups}`
  const made = await world.accounts(
    CURRENCIES.map(({ currency }, at) => ({ currency, group, terms: terms[at] as number })),
  )
  const accounts = made.map((one, at) => ({ ...one, decimals: CURRENCIES[at]?.decimals ?? 2, creditIds: [] }))
  const model = { accounts: terms.map(emptyAccount) }
  const real = { group, accounts, jobs: [] }
  for (const at of accounts.keys()) {
    await charge(model, real, at, 40n, 0)
    await give(model, real, at, 25n, false)
    await give(model, real, at, 10n, true)
  }
  await world.billRun({ group, billDate: dateOfDay(0) })
  for (const one of model.accounts) billModel(one, 0)
  return { model, real }
}

const script = fc.commands(
  // Named as often as they are to come.
  [
    charges,
    charges,
    credits,
    credits,
    billRuns,
    billRuns,
    disbursements,
    disbursements,
    disbursements,
    reversals,
    reversals,
    cancellations,
    deletions,
    wrongAmounts,
    redeliveries,
  ],
  { maxCommands: 80, size: 'max' },
)

const allTerms = fc.array(fc.constantFrom(0, 1, 14, 30), { minLength: CURRENCIES.length, maxLength: CURRENCIES.length })

test('whatever happens in whatever order, the database is what the rules say', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(allTerms, script, async (terms, commands) => {
      const made = await setUp(terms)
      await fc.asyncModelRun(() => made, commands)
      await expectAlike(made.model, made.real)
      await world.expectReconciled()
    }),
    { numRuns: RUNS, endOnFailure: false, interruptAfterTimeLimit: 500_000, markInterruptAsFailure: true },
  )
})
