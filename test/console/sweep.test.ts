import { afterAll, beforeAll, expect, test } from 'vitest'
import { SWEPT_PAGES } from './pages.ts'
import { inBrowser, type Tab } from './support/browser.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'
import { axeViolations, badMarkup, outOfSight } from './support/page-checks.ts'

const THEMES = ['light', 'dark'] as const
const WIDTHS = [360, 768, 1440] as const

inBrowser('every page, in both themes and at three widths', () => {
  let site: ConsoleSite
  const tabs = new Map<string, Tab>()
  beforeAll(async () => {
    site = await openConsoleSite()
    for (const theme of THEMES) {
      for (const width of WIDTHS) {
        const options = { viewport: { width, height: 900 }, colorScheme: theme, hasTouch: width === 360 }
        tabs.set(`${theme} ${width}`, await site.browser.open(site.everything, options))
      }
    }
  })
  afterAll(() => site.close())

  test.each(SWEPT_PAGES)('$name', async ({ path }) => {
    const wrong: string[] = []
    for (const [name, { page, complaints }] of tabs) {
      const before = complaints.length
      const answer = await page.goto(path(site.ids))
      const status = answer?.status() ?? 0
      expect([200, 404]).toContain(status)
      const found = [
        ...badMarkup((await answer?.text()) ?? ''),
        ...(await outOfSight(page)),
        ...(await axeViolations(page)),
        // A browser says itself that an address is not there.
        ...complaints.slice(before).filter((one) => status !== 404 || !one.includes('status of 404')),
      ]
      wrong.push(...found.map((one) => `${name}: ${one}`))
    }
    expect(wrong).toEqual([])
  })
})
