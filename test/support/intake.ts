import { expect } from 'vitest'
import type { AcceptedCredit } from '../../src/api/types.ts'
import type { ApiClient } from '../../src/client/api-client.ts'
import { isApiError } from '../../src/client/api-error.ts'
import type { Stack } from './stack.ts'

/**
 * Gives accounts `<group>-1` to `<group>-<accounts>` credits of 1.00, one by one, some at a time, and gives the 202s that came
 * back. What was refused or not answered is no 202.
 */
export async function postCredits(
  client: ApiClient,
  { group, accounts, credits, atOnce = 20 }: { group: string; accounts: number; credits: number; atOnce?: number },
): Promise<readonly AcceptedCredit[]> {
  const accepted: AcceptedCredit[] = []
  let next = 0
  const post = async () => {
    while (next < credits) {
      const accountId = `${group}-${(next++ % accounts) + 1}`
      try {
        accepted.push(await client.postCredit({ accountId, amount: '1', reason: 'One of many' }))
      } catch (error) {
        if (!isApiError(error)) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, post))
  return accepted
}

/** Every 202 has had exactly one effect: its job is done and its credit is there, once. */
export async function expectProcessed(
  { db }: Stack,
  accepted: readonly Pick<AcceptedCredit, 'creditId' | 'jobId'>[],
): Promise<void> {
  const creditIds = accepted.map(({ creditId }) => creditId)
  expect(new Set(creditIds).size).toBe(accepted.length)
  const credits = await db.selectFrom('credit').select('id').where('id', 'in', creditIds).execute()
  expect(credits).toHaveLength(accepted.length)
  const jobs = await db
    .selectFrom('job')
    .select('id')
    .where('status', '=', 'done')
    .where(
      'id',
      'in',
      accepted.map(({ jobId }) => jobId),
    )
    .execute()
  expect(jobs).toHaveLength(accepted.length)
}
