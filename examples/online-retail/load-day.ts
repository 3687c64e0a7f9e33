import type { NewCharge, NewCredit } from '../../src/api/types.ts'
import type { ApiClient } from '../../src/client/api-client.ts'
import { finishJob } from '../../src/client/finish-job.ts'
import { openProgress } from '../../src/terminal/progress.ts'
import { inParallel } from '../in-parallel.ts'
import { accountsOf } from './figures.ts'
import type { BillingLine } from './parse-transactions.ts'

export const billGroup = 'online-retail'

/** What one request of charges or credits may hold. */
const largestBatch = 1_000
const requestsAtOnce = 8

/**
 * Loads one day's lines, as upstream systems would: its customers as accounts, its sales as charges, its cancellations
 * as automatic credits. Returns once the credits are recorded, so that a bill run of the day finds them, with the ids
 * of the charges. Throws when a credit is not taken. Loading a day again changes nothing.
 */
export async function loadDay(
  client: ApiClient,
  day: string,
  lines: readonly BillingLine[],
): Promise<readonly string[]> {
  const accountIds = accountsOf(lines)
  const progress = openProgress(`Loading ${day}`)
  let done = 0
  const advance = (count: number) => {
    done += count
    progress.update(done, accountIds.length + lines.length)
  }
  try {
    await loadAccounts(client, accountIds, advance)
    const chargeIds = await loadCharges(client, lines.filter(({ kind }) => kind === 'charge').map(chargeOf), advance)
    await loadCredits(client, lines.filter(({ kind }) => kind === 'credit').map(creditOf), advance)
    return chargeIds
  } finally {
    progress.stop()
  }
}

type Advance = (count: number) => void

async function loadAccounts(client: ApiClient, accountIds: readonly string[], advance: Advance): Promise<void> {
  await inParallel(accountIds, requestsAtOnce, async (accountId) => {
    await client.createAccount({ accountId, name: `Customer ${accountId}`, currency: 'GBP', billGroup })
    advance(1)
  })
}

async function loadCharges(
  client: ApiClient,
  charges: readonly NewCharge[],
  advance: Advance,
): Promise<readonly string[]> {
  const chargeIds: string[] = []
  for (const batch of batchesOf(charges)) {
    const answer = await client.postCharges(batch)
    chargeIds.push(...answer.charges.map(({ chargeId }) => chargeId))
    advance(batch.length)
  }
  return chargeIds
}

async function loadCredits(client: ApiClient, credits: readonly NewCredit[], advance: Advance): Promise<void> {
  for (const batch of batchesOf(credits)) {
    const jobIds = await postCredits(client, batch)
    await inParallel(jobIds, requestsAtOnce, async (jobId) => {
      await finishJob(client, jobId)
      advance(1)
    })
  }
}

function chargeOf({ accountId, amount, description, date, reference }: BillingLine): NewCharge {
  return { accountId, amount, description, chargedOn: date, reference }
}

function creditOf({ accountId, amount, description, reference }: BillingLine): NewCredit {
  return { accountId, amount, reason: description, reference, automaticDisbursement: true }
}

async function postCredits(client: ApiClient, credits: readonly NewCredit[]): Promise<readonly string[]> {
  const { accepted, rejected } = await client.postCreditBatch(credits)
  const [first] = rejected
  if (first !== undefined) {
    const { title, code } = first.problem
    throw new Error(`${rejected.length} credits were rejected; ${credits[first.index]?.reference}: ${title} (${code})`)
  }
  return accepted.map(({ jobId }) => jobId)
}

function batchesOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / largestBatch)
  return Array.from({ length: count }, (_, index) => items.slice(index * largestBatch, (index + 1) * largestBatch))
}
