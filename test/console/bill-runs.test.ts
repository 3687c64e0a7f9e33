import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'
import { createKey } from '../../src/ledger/keys/api-keys.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type HeldLock, holdLock } from '../support/held-lock.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'
import { type Browser, inBrowser, openBrowser } from './support/browser.ts'
import { signIn } from './support/chromium.ts'
import { keyboard } from './support/keyboard.ts'
import { axeViolations, outOfSight } from './support/page-checks.ts'

/** How somebody works: what presses a button, follows a link, and fills a field. */
type Hand = Pick<typeof keyboard, 'press' | 'follow' | 'fill'>

const mouse: Hand = {
  press: (page, name) => page.getByRole('button', { name }).filter({ visible: true }).first().click(),
  follow: (page, name) => page.getByRole('link', { name }).filter({ visible: true }).first().click(),
  fill: (page, label, text) => page.getByLabel(label).filter({ visible: true }).first().fill(text),
}

const WAYS = [
  { way: 'mouse', hand: mouse },
  { way: 'keyboard', hand: keyboard },
] as const

inBrowser('bill runs, on the screen', () => {
  let service: Service
  let browser: Browser
  let clerk: string
  beforeAll(async () => {
    // Small batches, so that a run is seen going on.
    service = await openService({
      settings: {
        BILL_BATCH_SIZE: '10',
        LOCK_TIMEOUT_MS: '60000',
        STATEMENT_TIMEOUT_MS: '60000',
        EVENT_STREAMS_PER_KEY: '2',
      },
    })
    await service.startWorkers()
    clerk = (await createKey(service.db, 'clerk', ['read', 'enqueue', 'operate'])).key
    browser = await openBrowser(service.url)
  })
  afterAll(async () => {
    await browser.close()
    await service.close()
  })

  const client = () => openApiClient({ baseUrl: service.url, apiKey: BOOTSTRAP_KEY })
  const name = (group: string, n: number) => `${group}-${String(n).padStart(3, '0')}`

  /** A group of so many accounts, each with a charge. */
  async function addGroup(billGroup: string, count: number): Promise<void> {
    const keys = Array.from({ length: count }, (_, n) => name(billGroup, n))
    for (let at = 0; at < count; at += 20)
      await Promise.all(
        keys
          .slice(at, at + 20)
          .map((accountId) =>
            client().createAccount({ accountId, name: `Account ${accountId}`, currency: 'USD', billGroup }),
          ),
      )
    await client().postCharges(
      keys.map((accountId) => ({ accountId, amount: '10', description: 'Hosting', chargedOn: '2026-01-10' })),
    )
  }

  /** From now on no invoice can be written for an account. Returns how to mend that. */
  async function poison(key: string): Promise<() => Promise<unknown>> {
    const { ownerUrl } = service.database
    await execute(
      ownerUrl,
      `create or replace function refuse_invoice() returns trigger language plpgsql as $$
       begin raise exception 'the books of this account are closed' using errcode = 'check_violation'; end $$`,
    )
    await execute(
      ownerUrl,
      `do $$ begin execute format('create trigger poison before insert on invoice for each row when (new.account_id = %s) execute function refuse_invoice()',
        (select id from account where key = '${key}')); end $$`,
    )
    return () => execute(ownerUrl, 'drop trigger poison on invoice')
  }

  /** Nobody can bill this account for now, so that its run goes on. */
  const hold = (key: string): Promise<HeldLock> =>
    holdLock(service.database.ownerUrl, `select from account where key = '${key}' for update`)

  test.each(WAYS)(
    'a run of 300 accounts is previewed, started, watched live, mended and retried, by $way',
    async ({ way, hand }) => {
      const group = `g300-${way}`
      await addGroup(group, 300)
      const mend = await poison(name(group, 123))
      const held = await hold(name(group, 200))
      const { page, complaints } = await browser.open(clerk)

      await page.goto(`/bill-runs/new?group=${group}&date=2026-01-31`)
      await hand.press(page, 'Preview')
      await expectText(page, 'Would be billed')
      await expectText(page, 'What arrives until you start is billed too.')
      expect((await page.locator('.totals').innerText()).replace(/\s+/g, ' ')).toContain('3,000.00 USD')
      await hand.press(page, 'Start: bill 300 accounts as of 2026-01-31')

      // Live, with no loading: all but the batch with the held account.
      await expectText(page, 'The run is accepted.')
      const path = new URL(page.url()).pathname
      await expectText(page, /^289$/)
      await expectText(page, '1 account failed')
      expect(await page.title()).toMatch(/^96 % – Group g300/)
      expect(await page.getByText('The books of this account', { exact: false }).count()).toBeGreaterThan(0)
      expect([...(await axeViolations(page)), ...(await outOfSight(page))]).toEqual([])
      await held.release()
      await expectText(page, 'could not be billed')
      expect(new URL(page.url()).pathname).toBe(path)
      await expectText(page, 'Completed, 1 failed')

      await hand.follow(page, /^why$/)
      await expectText(page, 'the books of this account are closed')
      await expectText(page, name(group, 123))
      await mend()
      await hand.press(page, 'Retry all 1')
      await expectText(page, '1 account is tried again.')
      await expectText(page, 'Every account is billed.')
      await expectText(page, 'Completed', true)
      await page.goto(`${path}/failures`)
      await expectText(page, 'No account failed')
      expect(complaints).toEqual([])
      await page.context().close()
    },
    180_000,
  )

  test.each(WAYS)(
    'a run is cancelled with a reason, by $way',
    async ({ way, hand }) => {
      const group = `cancelled-${way}`
      await addGroup(group, 30)
      const held = await hold(name(group, 25))
      const { billRunId } = await client().startBillRun({ billGroup: group, billDate: '2026-01-31' })
      const { page, complaints } = await browser.open(clerk)
      await page.goto(`/bill-runs/${billRunId}`)
      await expectText(page, /^20$/)

      await hand.press(page, /^Cancel the run…/)
      await expectText(page, 'A cancelled run cannot be taken up again.')
      await hand.press(page, /^Cancel the run$/)
      await expectText(page, 'Say why the run is cancelled')
      // The figures go on under it, and what is typed stays.
      await hand.fill(page, 'Reason', 'The wrong group')
      await page.waitForTimeout(2_500)
      expect(await page.getByLabel('Reason').inputValue()).toBe('The wrong group')
      await hand.press(page, /^Cancel the run$/)
      await expectText(page, 'The run is cancelled.')
      await expectText(page, /by clerk: “The wrong group”/)
      await expectText(page, '10 were never begun')
      await held.release()
      expect(await client().getBillRun(billRunId)).toMatchObject({
        status: 'cancelled',
        cancelReason: 'The wrong group',
      })
      expect(complaints.filter((one) => !one.includes('422'))).toEqual([])
      await page.context().close()
    },
    120_000,
  )

  test('without scripts a run is previewed and started all the same', async () => {
    await addGroup('plain', 3)
    const { page } = await browser.open(clerk, { javaScriptEnabled: false })
    await page.goto('/bill-runs/new?group=plain&date=2026-01-31')
    await mouse.press(page, 'Preview')
    await mouse.follow(page, 'Work it out')
    await mouse.press(page, 'Start: bill 3 accounts as of 2026-01-31')
    await expectText(page, 'The run is accepted.')
    await page.context().close()
  })

  test('accounts that there are not are named before anything else, and nothing is started', async () => {
    await addGroup('named', 2)
    const { page } = await browser.open(clerk)
    await page.goto('/bill-runs/new')
    await mouse.fill(page, /^Named accounts/, 'named-000, nobody, named-001, noone')
    await mouse.press(page, 'Start without preview')
    await expectText(page, 'There are no accounts nobody, noone')
    expect(await page.getByLabel(/^Named accounts/).inputValue()).toBe('named-000, nobody, named-001, noone')
    await mouse.fill(page, /^Named accounts/, 'named-000, named-001')
    await mouse.press(page, 'Preview')
    await mouse.press(page, /^Start: bill 2 accounts/)
    await expectText(page, 'The run is accepted.')
    await page.context().close()
  })

  test('a date far ahead is asked for again', async () => {
    const { page } = await browser.open(clerk)
    await page.goto('/bill-runs/new/preview?group=named&date=2098-01-31')
    await expectText(page, 'It could not be worked out, and nothing was written.')
    await mouse.follow(page, 'This date is meant')
    await expectText(page, 'Would be billed')
    await page.context().close()
  })

  test('who only reads sees the run, and no button; and who leaves ends what was begun for it', async () => {
    await addGroup('left', 30)
    const held = await hold(name('left', 5))
    const { billRunId } = await client().startBillRun({ billGroup: 'left', billDate: '2026-01-31' })
    const { key } = await createKey(service.db, 'reader', ['read'])
    const { page } = await browser.open(key)
    await page.goto(`/bill-runs/${billRunId}`)
    await expectText(page, /^20$/)
    expect(await page.getByRole('button', { name: /Cancel|Retry/ }).count()).toBe(0)
    await page.context().close()

    const { value } = await signIn(service.url, key)
    const follow = async () => {
      const leave = new AbortController()
      const answer = await fetch(`${service.url}/bill-runs/${billRunId}/live`, {
        headers: { cookie: `nightbill=${value}` },
        signal: leave.signal,
      })
      const first = await answer.body?.getReader().read()
      return { text: new TextDecoder().decode(first?.value), leave: () => leave.abort() }
    }
    // A key may hold two streams open: more often than that works only if each ends.
    for (let round = 0; round < 5; round += 1) {
      await eventually(async () => {
        const { text, leave } = await follow()
        leave()
        expect(text).toContain('Accounts dealt with')
      })
    }
    await held.release()
    await client().waitForBillRun(billRunId)
  })
})

async function expectText(page: Page, text: string | RegExp, exact = false): Promise<void> {
  await page.getByText(text, { exact }).filter({ visible: true }).first().waitFor({ timeout: 30_000 })
}
