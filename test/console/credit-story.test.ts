import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'
import { createKey } from '../../src/ledger/keys/api-keys.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'
import { type Browser, inBrowser, openBrowser } from './support/browser.ts'
import { type Hand, mouse, WAYS } from './support/ways.ts'

inBrowser('the story of a credit, on the screen', () => {
  let service: Service
  let browser: Browser
  let clerk: string
  beforeAll(async () => {
    service = await openService()
    await service.startWorkers()
    clerk = (await createKey(service.db, 'clerk', ['read', 'enqueue', 'operate'])).key
    browser = await openBrowser(service.url)
  })
  afterAll(async () => {
    await browser.close()
    await service.close()
  })

  test.each(WAYS)('$way', async ({ way, hand, scripts }) => {
    const client = openApiClient({ baseUrl: service.url, apiKey: BOOTSTRAP_KEY })
    const accountId = `acme-${way.replaceAll(' ', '-')}`
    const name = `Acme ${way}`
    const bill = async (billDate: string) => {
      const { billRunId } = await client.startBillRun({ accountIds: [accountId], billDate })
      await client.waitForBillRun(billRunId)
      const { data } = await client.listInvoices({ accountId, billRunId })
      return data[0]?.number as number
    }
    await client.createAccount({ accountId, name, currency: 'USD' })
    await client.postCharges([
      { accountId, amount: '100', description: 'Hosting, January', chargedOn: '2026-01-10' },
      { accountId, amount: '40', description: 'Support plan', chargedOn: '2026-01-10' },
    ])

    const { page, complaints } = await browser.open(undefined, { javaScriptEnabled: scripts })
    await page.goto(`/accounts/${accountId}/credits`)
    await hand.fill(page, 'API key', clerk)
    await hand.press(page, 'Sign in')
    await expectHeading(page, `Credits of ${name}`)

    // A wrong amount is refused with what would be right, and nothing is lost of what was typed.
    await hand.press(page, 'Add credit')
    if (scripts) {
      await hand.fill(page, /^Amount in USD/, '50.005')
      await hand.fill(page, 'Reason', 'Goodwill')
      await hand.tick(page, 'Disburse automatically')
      await pressIn(page, hand, 'Add credit')
      await expectText(page, 'USD has 2 decimals: write 50.00 or 50.01')
      expect(await page.getByLabel('Disburse automatically').isChecked()).toBe(false)
    } else {
      await hand.fill(page, 'Reason', 'Goodwill')
      await hand.tick(page, 'Disburse automatically')
    }
    await hand.fill(page, /^Amount in USD/, '50')
    await pressIn(page, hand, 'Add credit')
    await expectText(page, `50.00 USD added for ${name}.`)
    await expectText(page, 'The next bill run issues it; then it can be disbursed.')
    await expectLeft(page, '50.00 USD')

    // One that was added in error is deleted while it is pending.
    await hand.press(page, 'Add credit')
    await hand.fill(page, /^Amount in USD/, '7')
    await hand.fill(page, 'Reason', 'By mistake')
    await pressIn(page, hand, 'Add credit')
    await expectText(page, `7.00 USD added for ${name}.`)
    await hand.press(page, /^Delete…/)
    await hand.press(page, 'Delete 7.00 USD')
    await expectText(page, '7.00 USD deleted.')

    const first = await bill('2026-01-31')
    await hand.follow(page, 'Goodwill')
    await expectText(page, `Invoice ${first}`)
    await expectLeft(page, '50.00 USD')
    expect(await page.getByLabel(`Amount in USD to disburse to invoice ${first}`).inputValue()).toBe('50.00')
    await hand.press(page, `Disburse to invoice ${first}`)
    await expectText(page, `50.00 USD disbursed to invoice ${first}.`)
    await expectText(page, 'It owes 90.00 USD now; this credit has 0.00 USD left.')
    await expectLeft(page, '0.00 USD')
    expect(await client.listInvoices({ accountId })).toMatchObject({
      data: [{ totalCharge: '140.00', balance: '90.00' }],
    })

    await hand.press(page, /^Reverse…/)
    await expectText(page, 'All of it is disbursed and stays where it is')
    await hand.press(page, 'Reverse 50.00 USD')
    await expectText(page, 'The reversal is pending.')
    await hand.press(page, 'Cancel the reversal')
    await expectText(page, 'The reversal is cancelled.')
    await hand.press(page, /^Reverse…/)
    await hand.press(page, 'Reverse 50.00 USD')
    await expectText(page, 'The reversal is pending.')

    const second = await bill('2026-02-28')
    await page.reload()
    await expectText(page, `Invoice ${second}`)
    expect(await page.locator('#opened').innerText()).toContain('Reversed')
    expect((await client.listInvoices({ accountId, number: second } as never)).data[0]).toMatchObject({
      balance: '50.00',
      transactions: [{ type: 'reversed_credit', amount: '50.00' }],
    })
    expect(complaints.filter((one) => !one.includes('422'))).toEqual([])
  })
})

const expectHeading = async (page: Page, text: string) => {
  await page.waitForLoadState()
  expect(await page.locator('h1').innerText()).toBe(text)
}

async function expectText(page: Page, text: string): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: 20_000 })
}

/** The amount left to disburse is in sight, whatever else is. */
async function expectLeft(page: Page, amount: string): Promise<void> {
  const left = page.locator('.left')
  expect((await left.innerText()).replace(/\s+/g, ' ')).toBe(`Amount left to disburse ${amount}`)
}

/** Presses the button of the form that is open: the one that opened it has the same name. */
async function pressIn(page: Page, hand: Hand, name: string): Promise<void> {
  if (hand === mouse) await page.locator('dialog[open]').getByRole('button', { name }).click()
  else await hand.press(page, name)
}
