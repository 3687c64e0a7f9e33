import type { NewCharge } from '../../src/ledger/charges/record-charges.ts'
import type { CreditRequest } from '../../src/requests/credit-request.ts'
import { accountKey } from '../work/work.ts'

const amountOf = (n: number) => `${1 + (n % 97)}.${String(n % 100).padStart(2, '0')}`

/** The nth credit of a load: each has an amount and a reason that hardly another has. */
export function creditBody(n: number, accounts: number): CreditRequest {
  return {
    accountId: accountKey((n % accounts) + 1),
    amount: amountOf(n),
    reason: `Service interruption, case ${n}`,
    automaticDisbursement: n % 3 !== 0,
  }
}

/** The nth charge of the load of this name: each has a reference that no other has. */
export function chargeBody(n: number, accounts: number, name: string) {
  return {
    accountId: accountKey((n % accounts) + 1),
    amount: amountOf(n),
    description: `Usage, part ${n}`,
    chargedOn: '2026-11-20',
    reference: `${name}-${n}`,
  } satisfies Omit<NewCharge, 'dateGiven'>
}
