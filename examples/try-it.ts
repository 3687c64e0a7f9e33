import type { ApiClient } from '../src/client/api-client.ts'
import { finishJob } from '../src/client/finish-job.ts'

/** The customer whom a newcomer looks after first. */
export const CUSTOMER = { accountId: 'acme', name: 'Acme Ltd', currency: 'USD', billGroup: 'try-it' } as const

/**
 * Leaves a customer for whoever opens the console: billed for 140.00, with a credit of 50.00 that waits to be disbursed by hand, and one of 20.00 that the
 * next bill run would issue.
 */
export async function leaveCustomer(client: ApiClient): Promise<void> {
  const { accountId } = CUSTOMER
  const today = new Date().toISOString().slice(0, 10)
  await client.createAccount(CUSTOMER)
  await client.postCharges([
    { accountId, amount: '100.00', description: 'Hosting', chargedOn: today },
    { accountId, amount: '40.00', description: 'Support plan', chargedOn: today },
  ])
  const give = async (amount: string, reason: string, automaticDisbursement: boolean) => {
    const { jobId } = await client.postCredit({ accountId, amount, reason, automaticDisbursement })
    await finishJob(client, jobId)
  }
  await give('50.00', 'Goodwill for the outage', false)
  const { billRunId } = await client.startBillRun({ accountIds: [accountId], billDate: today })
  await client.waitForBillRun(billRunId)
  await give('20.00', 'Late delivery', true)
}
