import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedBillRun, AcceptedCredit, Invoice, Page } from '../../src/api/types.ts'
import { inBrowser } from './support/browser.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'
import { axeViolations, badMarkup, outOfSight } from './support/page-checks.ts'

/** Customers whose names, texts and amounts are hard to show, each in a currency with other decimals. */
const CUSTOMERS = [
  {
    accountId: 'w'.repeat(64),
    name: 'W'.repeat(64),
    currency: 'KWD',
    amount: '999999999999999.999',
    text: 'M'.repeat(120),
  },
  {
    accountId: 'right-to-left',
    name: 'شركة النور للتجارة الدولية المحدودة',
    currency: 'JPY',
    amount: '999999999999999',
    text: 'رصيد تعويض عن انقطاع الخدمة',
  },
  {
    accountId: 'hostile',
    name: '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
    currency: 'USD',
    amount: '12345678.90',
    text: `'"><svg onload=alert(3)> {{7*7}} \${7*7}`,
  },
] as const

type Customer = (typeof CUSTOMERS)[number]
type Made = { readonly credit: string; readonly pending: string; readonly number: number; readonly run: string }

inBrowser('names, texts and amounts that are hard to show', () => {
  let site: ConsoleSite
  const made = new Map<string, Made>()

  beforeAll(async () => {
    site = await openConsoleSite()
    for (const customer of CUSTOMERS) made.set(customer.accountId, await make(customer))
  })
  afterAll(() => site.close())

  async function make({ accountId, name, currency, amount, text }: Customer): Promise<Made> {
    const post = async <Body>(path: string, body: object) => {
      const answer = await site.call<Body>('POST', path, { body })
      expect(answer.status, answer.text).toBeLessThan(300)
      return answer.body
    }
    const credit = async (automaticDisbursement: boolean) =>
      (
        await post<AcceptedCredit>('/v1/credits', {
          accountId,
          amount,
          reason: text,
          note: text,
          reference: `${automaticDisbursement} ${text}`,
          automaticDisbursement,
        })
      ).creditId
    await post('/v1/accounts', { accountId, name, currency, billGroup: accountId })
    await post('/v1/charges', { charges: [{ accountId, amount, description: text, chargedOn: '2026-01-01' }] })
    const issued = await credit(false)
    await site.processAll()
    const { billRunId } = await post<AcceptedBillRun>('/v1/bill-runs', {
      accountIds: [accountId],
      billDate: '2026-01-31',
      name: text,
    })
    await site.processAll()
    const pending = await credit(true)
    await site.processAll()
    const { body } = await site.call<Page<Invoice>>('GET', `/v1/invoices?accountId=${accountId}`)
    return { credit: issued, pending, number: body.data[0]?.number as number, run: billRunId }
  }

  const pages = ({ accountId }: Customer, { credit, pending, number, run }: Made) => {
    const account = `/accounts/${accountId}`
    return [
      account,
      `${account}/credits/${credit}?tab=unpaid`,
      `${account}/credits/${credit}/reverse`,
      `${account}/credits/${pending}`,
      `${account}/charges`,
      `${account}/activity`,
      `/invoices/${number}`,
      `/invoices/${number}/disburse`,
      `/bill-runs/${run}`,
      `/search?q=${encodeURIComponent(accountId)}`,
    ]
  }
  const LISTS = ['/', '/accounts', '/credits?status=all', '/invoices', '/bill-runs', '/work', '/activity']

  describe.each([360, 768, 1440])('%i wide', (width) => {
    test.each(['lists', ...CUSTOMERS.map(({ accountId }) => accountId)])('%s', async (what) => {
      const { page, complaints } = await site.browser.open(site.everything, { viewport: { width, height: 900 } })
      // A script of a customer's name that ran would ask for this.
      const dialogs: string[] = []
      page.on('dialog', async (dialog) => {
        dialogs.push(dialog.message())
        await dialog.dismiss()
      })
      const customer = CUSTOMERS.find(({ accountId }) => accountId === what)
      const paths = customer ? pages(customer, made.get(what) as Made) : LISTS
      const wrong: string[] = []
      for (const path of paths) {
        const before = complaints.length
        const answer = await page.goto(path)
        expect(answer?.status(), path).toBe(200)
        const found = [
          ...badMarkup((await answer?.text()) ?? ''),
          ...(await outOfSight(page)),
          ...(await axeViolations(page)),
          ...complaints.slice(before),
        ]
        wrong.push(...found.map((one) => `${path.slice(0, 60)}: ${one}`))
      }
      expect(wrong).toEqual([])
      expect(dialogs).toEqual([])
    })
  })
})
