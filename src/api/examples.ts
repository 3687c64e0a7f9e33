const invoiceId = '019ac0de-0000-7000-8000-000000000002'

/** One example of each request, for the OpenAPI document. A test sends them. */
export const EXAMPLES = {
  newAccount: { accountId: 'acme', name: 'Acme Ltd', currency: 'USD', billGroup: 'default', paymentTermsDays: 30 },
  newCharges: {
    charges: [
      {
        accountId: 'acme',
        amount: '140.00',
        description: 'Hosting, November',
        chargedOn: '2026-11-01',
        reference: 'inv-line-1',
      },
    ],
  },
  newCredit: {
    accountId: 'acme',
    amount: '50.00',
    reason: 'Goodwill for the outage',
    automaticDisbursement: false,
    reference: 'ticket-4711',
  },
  creditBatch: { credits: [{ accountId: 'acme', amount: '5.00', reason: 'Referral' }] },
  reversal: { reason: 'Given by mistake' },
  reason: { reason: 'Asked for by the customer' },
  retryJobs: { codes: ['database_refused'], reason: 'The trigger is gone' },
  disbursement: { invoiceId, amount: '50.00' },
  newBillRun: { billGroup: 'default', billDate: '2026-11-30', name: 'November' },
  retry: { codes: ['timed_out'], reason: 'The lock is gone' },
  preview: { accountIds: ['acme'], billDate: '2026-11-30' },
  schedule: { cron: '0 2 * * *', timezone: 'Europe/London', billGroup: 'default', enabled: true },
  newKey: { name: 'billing feed', scopes: ['enqueue'] },
} as const
