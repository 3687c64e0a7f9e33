import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inBrowser } from './support/browser.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'

const KB = 1_024

/** What a page may cost at most: bytes as sent, requests with an empty cache, and calls of the API, which are made at the same time. */
const LIMITS = {
  scripts: 30 * KB,
  scriptsWithCharts: 54 * KB,
  styles: 12 * KB,
  fonts: 50 * KB,
  page: 12 * KB,
  requests: 12,
  calls: 9,
}

const MANY = 50

inBrowser('what a page costs', () => {
  let site: ConsoleSite
  beforeAll(async () => {
    site = await openConsoleSite()
    const credits = Array.from({ length: MANY }, (_, index) => ({
      accountId: 'kwd',
      amount: '1.5',
      reason: `Goodwill for the outage number ${index}`,
    }))
    expect((await site.call('POST', '/v1/credits/batch', { body: { credits } })).status).toBe(202)
    await site.processAll()
  })
  afterAll(() => site.close())

  /** Loads a page in a browser that has nothing of it yet. */
  async function load(path: string) {
    const { page } = await site.browser.open(site.clerk)
    const bytes: Record<string, number> = {}
    let requests = 0
    page.on('response', async (response) => {
      requests += 1
      const kind = response.request().resourceType()
      const body = await response.body().catch(() => Buffer.alloc(0))
      // Fonts are compressed by themselves; all else is sent compressed from 1 KB on.
      const size = kind === 'font' || body.length < KB ? body.length : gzipSync(body).length
      bytes[kind] = (bytes[kind] ?? 0) + size
    })
    const before = site.logged.length
    // A page that is kept live is never idle.
    await page.goto(path, { waitUntil: 'load' })
    await page.evaluate(() => document.fonts.ready)
    await page.waitForTimeout(500)
    const calls = site.logged
      .slice(before)
      .filter(({ msg, route }) => msg === 'request' && String(route).startsWith('/v1/'))
    return { bytes, requests, calls: calls.length, page }
  }

  test('a list of fifty', async () => {
    const { bytes, requests, calls, page } = await load('/accounts/kwd/credits')
    expect(await page.locator('tbody tr').count()).toBe(MANY)
    expect(bytes.script).toBeLessThan(LIMITS.scripts)
    expect(bytes.stylesheet).toBeLessThan(LIMITS.styles)
    expect(bytes.font).toBeLessThan(LIMITS.fonts)
    expect(bytes.document).toBeLessThan(LIMITS.page)
    expect(requests).toBeLessThanOrEqual(LIMITS.requests)
    expect(calls).toBeLessThanOrEqual(LIMITS.calls)
  })

  test('figures stand side by side', async () => {
    const { page } = await load('/accounts/kwd/credits')
    const tops = await page
      .locator('.figures > div')
      .evaluateAll((figures) => figures.map((figure) => figure.getBoundingClientRect().top))
    expect(tops.length).toBeGreaterThan(2)
    expect(new Set(tops).size).toBe(1)
  })

  test('charts', async () => {
    // Without its stream, which never ends.
    const { bytes, requests } = await load('/?live=off')
    expect(bytes.script).toBeLessThan(LIMITS.scriptsWithCharts)
    expect(bytes.stylesheet).toBeLessThan(LIMITS.styles + KB)
    // Two scripts and a style more than a page without charts.
    expect(requests).toBeLessThanOrEqual(LIMITS.requests + 3)
  })

  test('what a browser has it need not ask for again', async () => {
    const { page } = await site.browser.open(site.clerk)
    const kept: Record<string, string | undefined> = {}
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith('/assets/')) kept[pathname] = response.headers()['cache-control']
    })
    await page.goto('/accounts/usd/credits', { waitUntil: 'networkidle' })
    expect(Object.keys(kept).length).toBeGreaterThan(5)
    expect(new Set(Object.values(kept))).toEqual(new Set(['public, max-age=31536000, immutable']))
  })
})
