import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AcceptedCredit } from '../../src/api/types.ts'
import { post } from '../support/expected-answer.ts'
import { inBrowser } from './support/browser.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'
import { keyboard } from './support/keyboard.ts'

inBrowser('finding and reading an account', () => {
  let site: ConsoleSite
  beforeAll(async () => {
    site = await openConsoleSite()
    for (const [accountId, name] of [
      ['acme', 'Acme Ltd'],
      ['acme-7', 'Acme Seven GmbH'],
      ['..', 'Two dots'],
      ['18', 'A number'],
    ])
      await post(site, '/v1/accounts', { accountId, name, currency: 'USD' }, 201)
    const charge = { accountId: 'acme', amount: '12.50', description: 'Hosting', chargedOn: '2026-01-01' }
    await post(site, '/v1/charges', { charges: [charge] }, 201)
  })
  afterAll(() => site.close())

  const title = (page: Page) => page.getByRole('heading', { level: 1 }).textContent()
  const options = (page: Page) => page.locator('#search-options').getByRole('option')

  test('by the keyboard alone: /, arrows, Enter, and on to its charges', async () => {
    const { page, complaints } = await site.browser.open(site.clerk)
    await page.goto('/accounts')
    await page.keyboard.press('/')
    await page.keyboard.type('acm')
    await options(page).nth(1).waitFor()
    expect(await options(page).allTextContents()).toEqual(['Acme Ltd acme', 'Acme Seven GmbH acme-7'])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    expect(await page.locator('#search-options').getByRole('option', { selected: true }).textContent()).toContain(
      'Acme Ltd',
    )
    await page.keyboard.press('Enter')
    await page.waitForURL('**/accounts/acme')
    expect(await title(page)).toBe('Acme Ltd')
    await keyboard.follow(page, '1 charge')
    await page.waitForURL('**/accounts/acme/charges?status=pending')
    expect(await page.getByRole('row').nth(1).textContent()).toContain('12.50')
    expect(complaints).toEqual([])
  })

  test('by the mouse: a pick, the preview of the next invoice, and back', async () => {
    const { page, complaints } = await site.browser.open(site.clerk)
    await page.goto('/')
    await page.getByLabel('Find an account').fill('seven')
    await options(page).first().click()
    await page.waitForURL('**/accounts/acme-7')
    await page.getByLabel('Find an account').fill('acme')
    await page.getByRole('option', { name: 'Acme Ltd' }).click()
    await page.waitForURL('**/accounts/acme')
    await page.getByRole('button', { name: 'Preview the next invoice' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    const text = (await dialog.textContent()) ?? ''
    for (const part of ['The next invoice of Acme Ltd', 'Nothing was written', 'Hosting', '12.50', 'It would owe'])
      expect(text).toContain(part)
    await dialog.getByRole('link', { name: 'Close' }).click()
    await page.waitForURL('**/accounts/acme')
    expect(complaints).toEqual([])
  })

  test('Escape closes what is offered, and Enter without a pick shows all that is found', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto('/accounts')
    await page.keyboard.press('/')
    await page.keyboard.type('acme')
    await options(page).first().waitFor()
    await page.keyboard.press('Escape')
    expect(await page.locator('#search-options').isHidden()).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/search?q=acme')
    expect(await page.locator('a.row').allTextContents()).toEqual(['Acme Ltd', 'Acme Seven GmbH'])
  })

  test.each([
    ['one account opens at once', 'seven gmb', '/accounts/acme-7'],
    ['an account that a browser would fold out of an address', '..', '/accounts/~..'],
    ['the number of an invoice', 'invoice 1', '/invoices/1'],
    ['with its sign', '#2', '/invoices/2'],
    ['the id of a credit', '{issued}', '/accounts/usd/credits/{issued}'],
    ['the id of an invoice', '{invoice}', '/invoices/1'],
    ['the id of a bill run, in capitals', '{finishedRun}', '/bill-runs/{finishedRun}'],
    ['the id of a request', '{issuedJob}', '/work/{issuedJob}'],
    ['nothing', 'zzz', '/search?q=zzz'],
    ['nobody', '019ac0de-0000-7000-8000-0000000000ff', '/search?q=019ac0de-0000-7000-8000-0000000000ff'],
  ])('without scripts: %s', async (_, text, address) => {
    const filled = (one: string) => one.replaceAll(/\{(\w+)\}/g, (_, name: string) => site.ids[name] as string)
    const { page } = await site.browser.open(site.clerk, { javaScriptEnabled: false })
    await page.goto('/accounts')
    await page
      .getByLabel('Find an account')
      .fill(text.includes('finishedRun') ? filled(text).toUpperCase() : filled(text))
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.pathname !== '/accounts')
    const { pathname, search } = new URL(page.url())
    expect(`${pathname}${search}`).toBe(filled(address))
    if (text === '..') expect(await title(page)).toBe('Two dots')
  })

  test('a statement ends in its proof, and its range is in the address', async () => {
    const { page, complaints } = await site.browser.open(site.clerk)
    await page.goto('/accounts/usd')
    expect(await page.locator('.proof').textContent()).toContain('conserved (rule 5)')
    expect(await page.getByRole('row', { name: /Closing balance/ }).textContent()).toContain('140.00')
    await page.getByRole('textbox', { name: 'From' }).fill('2020-01-01')
    await page.getByRole('textbox', { name: 'To' }).fill('2020-01-31')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.waitForURL('**/accounts/usd?from=2020-01-01&to=2020-01-31')
    expect(await page.getByRole('heading', { level: 2 }).textContent()).toContain('1 January 2020 to 31 January 2020')
    expect(await page.getByText('Nothing was billed').count()).toBe(1)
    await page.getByRole('link', { name: 'All', exact: true }).click()
    await page.waitForURL('**/accounts/usd?range=all')
    expect(await page.getByRole('row', { name: /Opening balance/ }).textContent()).toContain('0.00')
    expect(complaints).toEqual([])
  })

  test('a key that may only read sees no preview, and is refused one', async () => {
    const { page } = await site.browser.open(site.keys.read)
    await page.goto('/accounts/acme')
    expect(await page.getByRole('button', { name: /Preview/ }).count()).toBe(0)
    const answer = await page.request.post('/accounts/acme/preview', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect(answer.status()).toBe(403)
  })

  test('what looks like markup in a name is text', async () => {
    const name = '<img src=x onerror=alert(1)> & "Sons"'
    await post(site, '/v1/accounts', { accountId: 'markup', name, currency: 'USD' }, 201)
    const credit = { accountId: 'markup', amount: '1', reason: name }
    await post<AcceptedCredit>(site, '/v1/credits', credit, 202)
    const { page, complaints } = await site.browser.open(site.clerk)
    for (const path of ['/accounts?query=sons', '/accounts/markup', `/search?q=${encodeURIComponent('<img')}`]) {
      await page.goto(path)
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.getByText(name).count()).toBeGreaterThan(0)
    }
    expect(complaints).toEqual([])
  })
})
