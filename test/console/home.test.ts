import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { reconcileDue } from '../../src/work/reconciliations.ts'
import { execute } from '../support/database.ts'
import { inBrowser } from './support/browser.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'
import { axeViolations, outOfSight } from './support/page-checks.ts'

const SAMPLES = `insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
  select date_trunc('minute', now()) - n * interval '1 minute', kind, n % 7, n % 7, 150, 0
  from generate_series(0, 1439) n, unnest(array['credit', 'reversal']) kind`

inBrowser('home', () => {
  let site: ConsoleSite
  beforeAll(async () => {
    site = await openConsoleSite()
    // Nothing is left to do, nothing failed, and the books are proved.
    await site.call('POST', `/v1/jobs/${site.ids.failedJob}/retry`, { body: {} })
    await site.processAll()
    await recordReconciliation(site.db)
    await asOwner(`delete from reconciliation_request; ${SAMPLES}`)
  })
  afterAll(() => site.close())
  const asOwner = (statement: string) =>
    execute(site.database.ownerUrl, `set session_replication_role = replica; ${statement}`)
  /** A credit that nobody has recorded for so many minutes. */
  const wait = (minutes: number) =>
    asOwner(`insert into job (id, type, subject_id, account_id, request, status, created_at, api_key_id, request_id)
      select gen_random_uuid(), 'credit', gen_random_uuid(), 1, '{}', 'queued', now() - interval '${minutes} minutes', id, 'r' from api_key limit 1`)

  test('says that all is well, shows the charts, and follows what happens without a reload', async () => {
    const { page, complaints } = await site.browser.open(site.clerk)
    await page.goto('/')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('All is well')
    expect(await page.title()).toBe('All is well · Nightbill')
    expect(await page.getByText('The books add up.').isVisible()).toBe(true)
    await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 4)
    expect(await page.locator('#waiting-now').textContent()).toBe('0')

    await wait(14)
    await page.getByRole('heading', { level: 1, name: 'One thing needs you' }).waitFor({ timeout: 20_000 })
    expect(await page.title()).toBe('One thing needs you · Nightbill')
    expect(await page.locator('#waiting-now').textContent()).toBe('1')
    const finding = page.getByRole('listitem').filter({ hasText: 'The oldest credit waits 14 min' })
    expect(await finding.getByRole('link', { name: /^Look/ }).getAttribute('href')).toBe(
      '/work?status=queued&type=credit',
    )
    // The line of what waits is drawn anew in the colour of a warning.
    const data = await page.locator('#waiting-data [data-chart]').getAttribute('data-chart')
    expect(JSON.parse(data ?? '')).toMatchObject({ series: [{ tone: 'warn' }] })
    expect(await page.locator('.chart canvas').count()).toBe(4)
    expect([...(await axeViolations(page)), ...(await outOfSight(page))]).toEqual([])
    expect(complaints).toEqual([])
    await asOwner(`delete from job where status = 'queued'`)
  })

  test('stands still when it is paused, by keyboard, and its address says so', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto('/')
    await page.getByRole('link', { name: 'Pause updates' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL('/?live=off')
    await wait(14)
    await sleep(6_000)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('All is well')
    await page.getByRole('link', { name: 'Go on' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'One thing needs you' }).waitFor()
    await asOwner(`delete from job where status = 'queued'`)
  })

  test('says since when it is not live, and greys its figures, until it is live again', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto('/')
    await page.waitForTimeout(500)
    await page.context().setOffline(true)
    // The stream of this tab is cut, as a proxy would.
    site.api.server.closeAllConnections()
    await page.getByText(/Not live since \d\d:\d\d:\d\d, trying again/).waitFor({ timeout: 30_000 })
    const greyed = await page.locator('#waiting-now').evaluate((element) => getComputedStyle(element).color)
    await page.context().setOffline(false)
    await page.locator('[data-lost]').waitFor({ state: 'hidden', timeout: 60_000 })
    const colour = await page.locator('#waiting-now').evaluate((element) => getComputedStyle(element).color)
    expect(greyed).not.toBe(colour)
  })

  test('ends its stream when the session ends', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto('/')
    await page.waitForTimeout(500)
    await page.evaluate(() => fetch('/v1/sessions/current', { method: 'DELETE' }))
    await page.getByText('No longer live: load the page again.').waitFor({ timeout: 20_000 })
  })

  test('says the same in tables where no script runs', async () => {
    const { page } = await site.browser.open(site.clerk, { javaScriptEnabled: false })
    await page.goto('/')
    expect(await page.getByText('Pause updates').isVisible()).toBe(false)
    const chart = page.locator('#done')
    expect(await chart.getByText(/^At most 300, at /).isVisible()).toBe(true)
    await chart.getByText('Show figures').click()
    expect(await chart.getByRole('row').count()).toBe(25)
    await page.getByRole('link', { name: 'By kind' }).click()
    await page.waitForURL('/?by=kind')
    await page.locator('#done').getByText('Show figures').click()
    expect(await page.locator('#done').getByRole('columnheader').allTextContents()).toEqual([
      'From',
      'Credits',
      'Reversals',
    ])
  })

  test('proves the books when a clerk asks for it, and shows how far it is and what came of it', async () => {
    const { page, complaints } = await site.browser.open(site.clerk)
    await page.goto('/')
    await page.getByRole('link', { name: 'Proof' }).click()
    await page.getByRole('button', { name: 'Prove it now' }).click()
    await page.getByRole('progressbar', { name: 'Rules checked' }).waitFor()
    expect(await page.locator(':focus').textContent()).toContain('The books are being proved.')
    expect(await page.getByRole('button', { name: 'Prove it now' }).count()).toBe(0)
    await reconcileDue(site.db, '04:30', pino({ level: 'silent' }))
    await page.getByRole('link', { name: 'See what came of it' }).click({ timeout: 20_000 })
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^All \d+ rules held$/)
    expect(complaints).toEqual([])
  })

  test('names the rules that are broken, with links to what breaks them, and offers a reader no button', async () => {
    await asOwner(
      'update invoice set total_charge = total_charge + 1, total = total + 1, balance = balance + 1 where number = 1',
    )
    const { reconciliationId } = await recordReconciliation(site.db)
    const { page } = await site.browser.open(site.keys.read)
    await page.goto('/')
    expect(await page.title()).toBe('One thing needs you · Nightbill')
    await page.getByRole('link', { name: /^See which/ }).click()
    await page.waitForURL(`/reconciliations/${reconciliationId}`)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^\d+ of \d+ rules (is|are) broken$/)
    expect(await page.getByRole('link', { name: 'invoice 1', exact: true }).first().getAttribute('href')).toBe(
      '/invoices/1',
    )
    await page.goto('/reconciliations')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^The books do not add up/)
    expect(await page.getByRole('button', { name: 'Prove it now' }).count()).toBe(0)
    const refused = await page.request.post('/reconciliations', { headers: { origin: site.url } })
    expect(refused.status()).toBe(403)
  })
})
