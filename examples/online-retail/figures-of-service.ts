import { Decimal } from 'decimal.js'
import type { Account } from '../../src/api/types.ts'
import type { ApiClient } from '../../src/client/api-client.ts'
import { collectPages } from '../../src/client/collect-pages.ts'
import { accountsOf, type Figures, sumOfAmounts } from './figures.ts'
import { billGroup } from './load-day.ts'

/** What the service says of the sample's accounts. */
export type ServiceSide = { readonly figures: Figures; readonly netByAccount: ReadonlyMap<string, Decimal> }

/** Asks the service, after the bill runs, for what the file says too. `chargeIds` are those it gave for the charges. */
export async function askService(client: ApiClient, chargeIds: readonly string[]): Promise<ServiceSide> {
  const everyAccount = await collectPages(client.listAccounts)
  const accounts = everyAccount.data.filter((account) => account.billGroup === billGroup)
  const ids = new Set(accounts.map(({ accountId }) => accountId))
  const everyCredit = await collectPages(client.listCredits)
  const credits = everyCredit.data.filter(({ accountId }) => ids.has(accountId))
  const netByAccount = new Map(accounts.map((account) => [account.accountId, netOf(account)]))
  return {
    netByAccount,
    figures: {
      accounts: accounts.length,
      charges: new Set(chargeIds).size,
      credits: credits.length,
      accountsWithCredits: accountsOf(credits).length,
      credited: sumOfAmounts(credits.map(({ amount }) => amount)).toFixed(2),
      net: sumOfAmounts([...netByAccount.values()]).toFixed(2),
    },
  }
}

/** What the account owes less what it is still owed. */
function netOf({ balance, creditLeft }: Account): Decimal {
  return new Decimal(balance).minus(creditLeft)
}
