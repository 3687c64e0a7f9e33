import type { ApiClient } from '../../src/client/api-client.ts'
import { isApiError } from '../../src/client/api-error.ts'
import { collectPages } from '../../src/client/collect-pages.ts'
import { seeded } from './random.ts'

/** What an account will owe once all is billed, reversals aside: its charges, less the credits that were not deleted. In cents. */
export type Owed = ReadonlyMap<string, number>

type GivenCredit = { readonly creditId: string; readonly accountId: string; readonly cents: number }

const decimal = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`

/**
 * Callers who charge, give credits, delete, disburse and reverse over HTTP, at random, while whatever else goes on. What each account
 * will owe in the end does not depend on the order in which it all happens, only on what was granted; that is the model.
 */
export async function callRandomly(
  client: ApiClient,
  options: {
    readonly seed: number
    readonly accountIds: readonly string[]
    readonly calls: number
    readonly callers: number
  },
): Promise<Owed> {
  const { seed, accountIds, calls, callers } = options
  const owed = new Map(accountIds.map((accountId) => [accountId, 0]))
  const owes = (accountId: string, cents: number) => owed.set(accountId, (owed.get(accountId) ?? 0) + cents)
  const credits: GivenCredit[] = []
  const deleted = new Set<string>()

  const caller = async (random: () => number) => {
    const below = (count: number) => Math.floor(random() * count)
    const pick = <T>(from: readonly T[]) => from[below(from.length)]
    for (let call = 0; call < calls; call += 1) {
      const accountId = pick(accountIds) as string
      const cents = 1 + below(20_000)
      const kind = random()
      if (kind < 0.25) {
        await client.postCharges([{ accountId, amount: decimal(cents), description: 'Used', chargedOn: '2026-01-01' }])
        owes(accountId, cents)
      } else if (kind < 0.55) {
        const automaticDisbursement = random() < 0.5
        const { creditId } = await client.postCredit({
          accountId,
          amount: decimal(cents),
          reason: 'At random',
          automaticDisbursement,
        })
        owes(accountId, -cents)
        credits.push({ creditId, accountId, cents })
      } else {
        const credit = pick(credits)
        if (!credit) continue
        const undone = await grantedOrRefused(async () => {
          if (kind < 0.65) {
            await client.deleteCredit(credit.creditId)
            // Deleting it again is granted, and changes nothing.
            return deleted.has(credit.creditId) ? 0 : deleted.add(credit.creditId) && credit.cents
          }
          if (kind < 0.8) {
            const { jobId } = await client.requestReversal(credit.creditId)
            return await client.waitForJob(jobId).then(() => 0)
          }
          if (kind < 0.85) return await client.cancelReversal(credit.creditId).then(() => 0)
          const { data } = await client.listUnpaidInvoices(credit.creditId)
          const invoice = pick(data)
          if (invoice)
            await client.disburse(credit.creditId, { invoiceId: invoice.invoiceId, amount: decimal(1 + below(5_000)) })
          return 0
        })
        if (undone) owes(credit.accountId, undone)
      }
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(seeded(seed + index))))
  return owed
}

/** Gives what a call gives; undefined when it is refused for what it asks: by then another caller, or a bill run, was there first. */
async function grantedOrRefused<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isApiError(error) && (error.status === 409 || error.status === 404)) return undefined
    throw error
  }
}

/** What each account owes by its own word, less what its credits have left, in cents, to be held against the model. */
export async function owedNow(client: ApiClient): Promise<Owed> {
  const { data: accounts } = await collectPages((page) => client.listAccounts(page))
  const { data: reversed } = await collectPages((page) => client.listCredits({ ...page, status: 'reversed' }))
  const cents = (amount: string) => Math.round(Number(amount) * 100)
  const takenBack = Map.groupBy(reversed, ({ accountId }) => accountId)
  return new Map(
    accounts.map(({ accountId, balance, creditLeft }) => [
      accountId,
      // The model leaves a reversed credit given: whether its reversal was in time is the service's to say.
      cents(balance) -
        cents(creditLeft) -
        (takenBack.get(accountId) ?? []).reduce((sum, { amount }) => sum + cents(amount), 0),
    ]),
  )
}
