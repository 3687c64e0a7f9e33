import { FILLED, fillStatements, largeInvoiceOf, type Sizes } from '../../test/support/filled.ts'
import { connected, withDatabase } from '../database.ts'
import type { Servers } from '../servers.ts'
import { makeDatabase } from '../work/make-work.ts'

/** As many of each as a service of so many accounts has after some months. */
export const sizesFor = (accounts: number): Sizes => ({
  accounts,
  runs: FILLED.runs,
  invoices: 4 * accounts,
  credits: accounts,
  charges: accounts,
  jobs: accounts,
  entries: accounts,
  failures: FILLED.failures,
})

/** The key of the account with as many pending charges as there are accounts. */
export const PENDING_ACCOUNT = 'account-1'

/** Charges of the other invoices, and those of one account that are pending: four for each account in all, with those of the large invoice. */
const CHARGES = `
  set session_replication_role = replica;
  set synchronous_commit = off;
  insert into charge (id, account_id, amount, description, charged_on, invoice_id)
    select uuidv7(), account_id, 10, 'a charge', issued_on, id from invoice
    where number <= :accounts * 2 and number <> :large;
  insert into charge (id, account_id, amount, description, charged_on)
    select uuidv7(), 1, 1, 'a pending charge', '2026-01-01' from generate_series(1, :accounts);
  reset session_replication_role`

/** Makes and fills a database, without what does not matter to lists: nothing of it reconciles. Gives the service's connection string for it. */
export async function fillLists(servers: Servers, sizes: Sizes): Promise<string> {
  await makeDatabase(servers, 'lists')
  await connected(withDatabase(servers.postgresUrl, 'lists'), async (client) => {
    await client.query(fillStatements(sizes))
    await client.query(
      CHARGES.replaceAll(':accounts', `${sizes.accounts}`).replace(':large', `${largeInvoiceOf(sizes)}`),
    )
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  })
  return withDatabase(servers.serviceUrl, 'lists')
}
