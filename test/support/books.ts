import { inTransaction } from '../../src/db/transaction.ts'
import { acceptCredits } from '../../src/ledger/credits/accept-credits.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { deleteExpired } from '../../src/ledger/requests/delete-expired.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { openWorld, type World } from './world.ts'

/**
 * A database with something of everything: every status of a credit, every kind of entry, three currencies, runs of a group and of named
 * accounts, references, requests that wait, and some that were carried out and forgotten.
 */
export async function openBooks(): Promise<TestDatabase> {
  const database = await openTestDatabase()
  const world = await openWorld({ database })
  try {
    await bill(world)
    await request(world)
    await forget(world)
    return database
  } finally {
    await world.close()
  }
}

async function bill(world: World): Promise<void> {
  const accounts = await world.accounts(
    ['USD', 'USD', 'JPY', 'KWD'].map((currency) => ({
      currency,
      charges: ['100', '40'],
      credits: [
        { amount: '50', automatic: false },
        { amount: '30', automatic: true },
        { amount: '7', automatic: false },
        { amount: '5', automatic: false },
        { amount: '3', automatic: true },
      ],
    })),
  )
  for (const { credits } of accounts) await world.deleteCredit(credits[4] as string)
  await world.billRun({ batchSize: 2 })
  for (const account of accounts) {
    const [manual, automatic, cancelled, pending] = account.credits as readonly [string, string, string, string]
    const [invoice] = await world.invoicesOf(account)
    await world.disburse(manual, invoice?.id as string, '20')
    for (const credit of [manual, automatic, cancelled]) await world.requestReversal(credit)
    await world.cancelReversal(cancelled)
    await world.charge(account, '9')
    await world.billRun({ accounts: [account], billDate: '2026-02-28' })
    await world.requestReversal(pending)
    await world.credit(account, '11', { automatic: true })
    await world.charge(account, '13')
  }
}

/** What no bill run has seen: an account with nothing on an invoice, and requests with references, carried out and waiting. */
async function request(world: World): Promise<void> {
  const account = await world.account({ currency: 'EUR', group: 'new' })
  await world.charge(account, '17')
  const ask = (reference: string) => ({
    request: { accountId: account.key, amount: '19', reason: 'r', note: 'n', reference },
    actor: world.actor,
  })
  const [first] = await inTransaction(world.db, (tx) => acceptCredits(tx, [ask('done'), ask('waits')]))
  if (first === undefined || !('jobId' in first)) throw new Error('a credit with a reference is refused')
  await inTransaction(world.db, (tx) => recordCredits(tx, [first.jobId]))
  await world.accept(account, '23', { automatic: true })
}

/** Some of the jobs are weeks old, and deleted for it. */
async function forget(world: World): Promise<void> {
  await world.asOwner(async (client) => {
    await client.query(`
      update job set finished_at = '2020-01-03'
      where account_id = (select min(id) + 1 from account) and status = 'done'`)
  })
  await deleteExpired(world.db, { idempotencyHours: 24, jobDays: 35 })
}
