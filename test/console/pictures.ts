// `npm run pictures`: makes the pictures of the README, docs/pictures/, from a service of its own and always the same customers and runs.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { chromium, type Page } from 'playwright-core'
import { openDataFolder } from '../../examples/data-folder.ts'
import { type Service, startService, untilReady } from '../../examples/start-service.ts'
import { openApiClient } from '../../src/client/api-client.ts'
import { finishJob } from '../../src/client/finish-job.ts'
import { CHROMIUM, FLAGS, signIn } from './support/chromium.ts'

const FOLDER = join(import.meta.dirname, '../../docs/pictures')
const CUSTOMERS = 12_304
/** Of these, so many cannot be billed: somebody else's rule is in the way. */
const REFUSED = 12

const folder = await openDataFolder(undefined)
try {
  const service = await startService({ dataDir: folder.path })
  try {
    await untilReady(service)
    await take(service, { credits: await story(service), run: await night(service, folder.path) })
  } finally {
    await service.stop()
  }
} finally {
  await folder.remove()
}

/** Days from today, as a business date. */
function day(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}

/** A customer with credits in every state. Gives the address of the one to be disbursed. */
async function story(service: Service): Promise<string> {
  const client = openApiClient(service)
  const accountId = 'acme'
  await client.createAccount({ accountId, name: 'Acme Ltd', currency: 'USD', billGroup: 'story' })
  await client.putSchedule('nightly', { cron: '0 2 * * *', timezone: 'Europe/London', billGroup: 'story' })
  const charge = (amount: string, description: string, chargedOn: string) =>
    client.postCharges([{ accountId, amount, description, chargedOn }])
  const credit = async (
    amount: string,
    reason: string,
    { byItself = false, note = undefined as string | undefined } = {},
  ) => {
    const { jobId, creditId } = await client.postCredit({
      accountId,
      amount,
      reason,
      note,
      automaticDisbursement: byItself,
    })
    await finishJob(client, jobId)
    return creditId
  }
  const bill = async (billDate: string) => {
    const { billRunId } = await client.startBillRun({ accountIds: [accountId], billDate })
    await client.waitForBillRun(billRunId)
    return (await client.listInvoices({ accountId, billRunId })).data[0]?.invoiceId as string
  }
  await charge('1200.00', 'Hosting, a year', day(-100))
  await credit('30.00', 'Duplicate of ticket-4711')
  await credit('1200.00', 'Loyalty, third year', { byItself: true })
  await bill(day(-100))
  await charge('75.00', 'Hosting', day(-33))
  const error = await credit('75.00', 'Given in error')
  const second = await bill(day(-33))
  await client.disburse(error, { invoiceId: second, amount: '60' })
  await charge('100.00', 'Hosting', day(-4))
  await charge('40.00', 'Support plan', day(-4))
  const goodwill = await credit('50.00', 'Goodwill for the outage', { note: 'Agreed with J. Ortiz by phone' })
  await bill(day(-4))
  await credit('20.00', 'Late delivery', { byItself: true })
  const { jobId } = await client.requestReversal(error, { reason: 'Given to the wrong customer' })
  await finishJob(client, jobId)
  return `/accounts/${accountId}/credits/${goodwill}`
}

/** A night of many customers, in which a few fail. Gives the address of its run. */
async function night(service: Service, dataDir: string): Promise<string> {
  const client = openApiClient(service)
  const names = Array.from({ length: CUSTOMERS }, (_, index) => ({
    accountId: `customer-${index + 1}`,
    currency: index % 10 === 0 ? 'JPY' : index % 4 === 0 ? 'EUR' : 'USD',
  }))
  const owner = await ownerOf(dataDir)
  await owner.query(
    `insert into account (key, name, currency, bill_group, payment_terms_days)
     select key, initcap(replace(key, '-', ' ')), currency, 'default', 30 from unnest($1::text[], $2::text[]) as a (key, currency)`,
    [names.map(({ accountId }) => accountId), names.map(({ currency }) => currency)],
  )
  for (let from = 0; from < CUSTOMERS; from += 1_000) {
    const some = names.slice(from, from + 1_000)
    await client.postCharges(
      some.map(({ accountId }, index) => ({
        accountId,
        amount: `${20 + ((from + index * 37) % 180)}`,
        description: 'Hosting',
        chargedOn: day(0),
      })),
    )
    const given = some.filter((_, index) => index % 20 === 3)
    await client.postCreditBatch(given.map(({ accountId }) => ({ accountId, amount: '15', reason: 'Goodwill' })))
  }
  await owner.query(`create function refuse_invoice() returns trigger language plpgsql as $$
    begin raise exception 'account % is not to be billed', new.account_id using errcode = 'check_violation'; end $$`)
  await owner.query(`create trigger refuse_some before insert on invoice for each row
    when (new.account_id % ${Math.floor(CUSTOMERS / REFUSED)} = 7) execute function refuse_invoice()`)
  const { billRunId } = await client.startBillRun({ billGroup: 'default', billDate: day(0), name: 'Nightly' })
  await client.waitForBillRun(billRunId)
  await owner.end()
  return `/bill-runs/${billRunId}`
}

/** The embedded database, as its owner. */
async function ownerOf(dataDir: string): Promise<pg.Client> {
  const url = new URL(await readFile(join(dataDir, 'database-url'), 'utf8'))
  url.username = 'nightbill'
  url.password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim()
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  return client
}

/** Takes the pictures, in both themes. */
async function take({ baseUrl, apiKey }: Service, addresses: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      baseURL: baseUrl,
      colorScheme,
      viewport: { width: 1440, height: 900 },
      timezoneId: 'Europe/London',
    })
    await context.addCookies([
      await signIn(baseUrl, apiKey),
      { name: 'nightbill-zone', value: 'Europe/London', url: baseUrl },
    ])
    const page: Page = await context.newPage()
    for (const [name, path] of Object.entries(addresses)) {
      await page.goto(path)
      await page.waitForTimeout(500)
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) })
    }
  }
  await browser.close()
}
