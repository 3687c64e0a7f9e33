import { parse } from 'csv-parse/sync'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printFootCss } from '../../src/console/parts/print.ts'
import { capturing } from '../support/captured-queries.ts'
import { query } from '../support/one-query.ts'
import { fill } from '../support/seeded-service.ts'
import { inBrowser } from './support/browser.ts'
import { signIn } from './support/chromium.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'
import { keyboard } from './support/keyboard.ts'

let site: ConsoleSite
let number: number
let cookie: string

beforeAll(async () => {
  site = await openConsoleSite({
    settings: { BUSINESS_NAME: 'Hosting & Söhne', BUSINESS_ADDRESS: '12 Wharf Road; London N1 7GS' },
  })
  const { body } = await site.call<{ number: number }>('GET', `/v1/invoices/${site.ids.invoice}`)
  number = body.number
  const { name, value } = await signIn(site.url, site.clerk)
  cookie = `${name}=${value}`
})
afterAll(() => site.close())

const expectText = (page: Page, text: string | RegExp) =>
  page.getByText(text).filter({ visible: true }).first().waitFor()

/** What a browser that is signed in gets at an address. */
const fetched = (path: string) => fetch(new URL(path, site.url), { headers: { cookie, accept: 'text/html' } })

inBrowser('the clerk disburses what waits, from the work list and from an invoice', () => {
  const mouse = {
    press: (page: Page, name: string | RegExp) =>
      page.getByRole('button', { name }).filter({ visible: true }).first().click(),
    follow: (page: Page, name: string | RegExp) =>
      page.getByRole('link', { name }).filter({ visible: true }).first().click(),
    fill: (page: Page, label: string | RegExp, text: string) =>
      page.getByLabel(label).filter({ visible: true }).first().fill(text),
  }
  test.each([
    { way: 'by mouse', hand: mouse, scripts: true, amount: '10', left: '40.00' },
    { way: 'by keyboard alone', hand: keyboard, scripts: true, amount: '11', left: '29.00' },
    { way: 'with scripts off', hand: mouse, scripts: false, amount: '12', left: '17.00' },
  ])('$way', async ({ hand, scripts, amount, left }) => {
    const { page, complaints } = await site.browser.open(site.clerk, { javaScriptEnabled: scripts })
    await page.goto('/invoices')
    await hand.follow(page, 'Unpaid')
    await page.getByRole('heading', { name: 'Unpaid invoices' }).waitFor()
    await hand.fill(page, 'Account', 'usd')
    await hand.press(page, 'Filter')
    await expectText(page, 'Account usd')
    expect(new URL(page.url()).searchParams.get('status')).toBe('unpaid')
    await hand.follow(page, new RegExp(`^${number}$`))
    await page.getByRole('heading', { name: `Invoice ${number}`, exact: true }).waitFor()
    await expectText(page, 'changes no total until it is disbursed')

    if (scripts) await hand.press(page, 'Disburse a credit to it…')
    else await hand.follow(page, 'on its own page')
    const field = 'Amount in USD of Goodwill'
    await hand.fill(page, field, '10.005')
    await hand.press(page, /^Disburse of Goodwill/)
    await expectText(page, 'USD has 2 decimals: write 10.00 or 10.01')
    await hand.fill(page, field, amount)
    await hand.press(page, /^Disburse of Goodwill/)
    await expectText(page, `${amount}.00 USD of Goodwill disbursed.`)
    await expectText(page, `the credit has ${left} USD left.`)
    await expectText(page, `−${amount}.00`)
    await expectText(page, 'by hand, clerk')

    await page.goto('/credits')
    await page.getByRole('heading', { name: 'Credits to disburse by hand' }).waitFor()
    await expectText(page, left)
    await hand.follow(page, 'Goodwill')
    await page.waitForURL(`**/accounts/usd/credits/${site.ids.issued}`)
    // A refused form is answered with 422, of which a browser tells by itself.
    expect(complaints.filter((one) => !one.includes('status of 422'))).toEqual([])
  })

  test('the neighbours of the account are a key away', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto(`/invoices/${number}`)
    await page.keyboard.press('[')
    await page.waitForURL((url) => url.pathname !== `/invoices/${number}`)
    await expectText(page, 'Account usd')
    await page.keyboard.press(']')
    await page.waitForURL(`**/invoices/${number}`)
  })

  test('who may only read is offered no change', async () => {
    const { page } = await site.browser.open(site.keys.read)
    await page.goto(`/invoices/${number}`)
    await expectText(page, 'Balance')
    expect(await page.getByRole('button', { name: /Disburse/ }).count()).toBe(0)
    expect((await page.goto(`/invoices/${number}/disburse`))?.status()).toBe(403)
  })

  test('what is printed has the letterhead and page numbers, and nothing of the screen', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto(`/invoices/${number}`)
    await page.emulateMedia({ media: 'print' })
    for (const text of ['Hosting & Söhne', '12 Wharf Road', 'London N1 7GS', 'Balance']) await expectText(page, text)
    for (const text of ['Print', 'Home', 'CSV', 'by hand, clerk', 'Unpaid'])
      expect(await page.getByText(text).filter({ visible: true }).count(), text).toBe(0)
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1)
  })
})

test('an invoice of many lines is paged, or shown whole to be printed', async () => {
  await query(
    site.database.ownerUrl,
    `set session_replication_role = replica;
    update invoice set transaction_count = 353 where id = '${site.ids.yenInvoice}';
    insert into charge (id, account_id, amount, description, charged_on, invoice_id)
      select gen_random_uuid(), account_id, 1, 'Line ' || n, date '2026-01-02' + n, id
      from invoice cross join generate_series(1, 352) n where id = '${site.ids.yenInvoice}'`,
  )
  const address = `/invoices/${site.ids.yenInvoice}`
  const first = await (await fetched(address)).text()
  expect(first).toContain('Lines 1 to 100 of 353')
  expect(first).toContain('Line 99<')
  expect(first).not.toContain('Line 100<')
  const next = /href="([^"]+)" rel="next">Next lines/.exec(first)?.[1]?.replaceAll('&amp;', '&') as string
  const second = await (await fetched(next)).text()
  expect(second).toContain('Lines 101 to 200 of 353')
  expect(second).toContain('Line 100<')
  const whole = await (await fetched(`${address}?lines=all`)).text()
  expect(whole).toContain('Line 352<')
  expect(whole).not.toContain('Lines 1 to')
})

describe('CSV of what is on the screen', () => {
  const rowsOf = (text: string) => parse(text, { columns: true, bom: true }) as Readonly<Record<string, string>>[]

  test.each([
    ['/invoices?status=unpaid&account=usd', '/v1/invoices?status=unpaid&accountId=usd', 'invoices'],
    ['/invoices', '/v1/invoices?limit=500', 'invoices'],
    ['/credits', '/v1/credits?status=issued&disbursement=by_hand&hasLeft=true', 'credits'],
    ['/credits?status=all', '/v1/credits?limit=500', 'credits'],
    ['/accounts/usd/credits?status=issued', '/v1/credits?accountId=usd&status=issued', 'usd-credits'],
  ])('%s', async (page, list, name) => {
    const shown = await (await fetched(page)).text()
    const link = /href="([^"]+\.csv[^"]*)"/.exec(shown)?.[1]?.replaceAll('&amp;', '&') as string
    const file = await fetched(link)
    expect(file.status).toBe(200)
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(file.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="${name}-[0-9-]{10}\\.csv"$`),
    )
    expect(file.headers.get('cache-control')).toBe('no-store')
    const bytes = Buffer.from(await file.arrayBuffer())
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf')
    const { body } = await site.call<{ data: readonly Record<string, unknown>[] }>('GET', list)
    const id = name.endsWith('credits') ? 'creditId' : 'invoiceId'
    expect(rowsOf(bytes.toString()).map((row) => row[id])).toEqual(body.data.map((row) => row[id]))
  })

  test('the lines of an invoice', async () => {
    const shown = await (await fetched(`/invoices/${number}`)).text()
    const link = /href="([^"]+\.csv[^"]*)"/.exec(shown)?.[1] as string
    expect(rowsOf(await (await fetched(link)).text()).map(({ description }) => description)).toContain('Hosting')
  })

  test.each([
    ['/accounts', '/v1/accounts'],
    ['/accounts/usd/charges', '/v1/accounts/usd/charges'],
    ['/accounts/usd/invoices', '/v1/invoices?accountId=usd'],
    ['/bill-runs', '/v1/bill-runs'],
    ['/bill-runs?status=cancelled', '/v1/bill-runs?status=cancelled'],
    ['/reconciliations', '/v1/reconciliations'],
    ['/work', '/v1/jobs'],
    ['/activity', '/v1/audit'],
    ['/keys', '/v1/keys'],
    ['/schedules', '/v1/schedules'],
    ['/sessions', '/v1/sessions'],
    ['/bill-runs/{finishedRun}/failures', '/v1/bill-runs/{finishedRun}/failures'],
  ])('%s is %s', async (pagePath, list) => {
    const { name, value } = await signIn(site.url, site.everything)
    const visit = (path: string) =>
      fetch(new URL(path, site.url), { headers: { cookie: `${name}=${value}`, accept: 'text/html' } })
    const shown = await (await visit(fill(pagePath, site.ids))).text()
    const link = /href="([^"]+\.csv[^"]*)"/.exec(shown)?.[1] as string
    const file = await visit(link)
    expect(file.status).toBe(200)
    const direct = await fetch(new URL(fill(list, site.ids), site.url), {
      headers: { cookie: `${name}=${value}`, accept: 'text/csv' },
    })
    const firstColumn = (text: string) => text.split('\r\n').map((line) => line.replace('\uFEFF', '').split(',')[0])
    expect(firstColumn(await file.text())).toEqual(firstColumn(await direct.text()))
  })

  test('a refusal is a page, and who is not signed in signs in first', async () => {
    const refused = await fetched('/invoices.csv?account=nobody')
    expect([refused.status, refused.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    const away = await fetch(new URL('/invoices.csv?status=unpaid', site.url), { redirect: 'manual' })
    expect([away.status, away.headers.get('location')]).toEqual([
      303,
      '/sign-in?next=%2Finvoices.csv%3Fstatus%3Dunpaid',
    ])
  })

  test('nothing is read any more for a browser that went away', async () => {
    await query(
      site.database.ownerUrl,
      `set session_replication_role = replica;
      insert into charge (id, account_id, amount, description, charged_on, invoice_id)
        select gen_random_uuid(), account_id, 1, string_agg(md5(random()::text), ''), date '2026-03-01', invoice.id
        from invoice cross join generate_series(1, 10000) n cross join generate_series(1, 40)
        where invoice.id = '${site.ids.otherInvoice}' group by invoice.id, account_id, n`,
    )
    const path = `/invoices/${site.ids.otherInvoice}/lines.csv`
    const statements = await capturing(site.reads, async () => {
      const away = new AbortController()
      const { body } = await fetch(new URL(path, site.url), { headers: { cookie }, signal: away.signal })
      await body?.getReader().read()
      away.abort()
      await (await fetched(path)).arrayBuffer()
    })
    const pages = statements.filter(({ sql }) => sql.includes('union all')).length
    expect(pages).toBeGreaterThanOrEqual(20)
    expect(pages).toBeLessThan(38)
  })
})

test.each([
  ['Invoice 18', 'content: "Invoice 18 \\b7  page "'],
  [
    'Statement of "Müller" } body { display: none',
    'content: "Statement of \\22 Müller\\22  \\7d  body \\7b  display\\3a  none',
  ],
  ['a\\"\n*/', '"a\\5c \\22 \\a \\2a \\2f '],
])('a title is a text in the stylesheet of printed pages: %j', (title, expected) => {
  expect(printFootCss(title)).toContain(expected)
})
