import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** How many times Tab is pressed before something counts as out of reach. */
const MAX_TABS = 120

/**
 * Works with the keyboard alone: goes to what it needs by Tab from where the focus is, and presses Enter or Space. There is no mouse event. Fails when
 * something cannot be reached so.
 */
export const keyboard = {
  press: async (page: Page, name: string | RegExp) => {
    await reach(page, page.getByRole('button', { name }))
    await page.keyboard.press('Enter')
    await settle(page)
  },
  follow: async (page: Page, name: string | RegExp) => {
    await reach(page, page.getByRole('link', { name }))
    await page.keyboard.press('Enter')
    await settle(page)
  },
  fill: async (page: Page, label: string | RegExp, text: string) => {
    await reach(page, page.getByLabel(label))
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  },
  tick: async (page: Page, label: string | RegExp) => {
    await reach(page, page.getByLabel(label))
    await page.keyboard.press('Space')
  },
} as const

/** Presses Tab until one of these has the focus, past the ends of the page if need be. */
async function reach(page: Page, wanted: Locator): Promise<void> {
  const visible = wanted.filter({ visible: true })
  await visible.first().waitFor()
  const hasFocus = () =>
    visible.evaluateAll((elements) =>
      elements.some((element) => element === document.activeElement && !isBehind(element)),
    )
  await page.evaluate(() => {
    // What lies behind a modal dialog cannot be used.
    Object.assign(globalThis, {
      isBehind: (element: Element) => {
        const modal = document.querySelector('dialog:modal')
        return modal !== null && !modal.contains(element)
      },
    })
  })
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    if (await hasFocus()) return
    await page.keyboard.press('Tab')
  }
  expect.fail(`by Tab there is no way to ${wanted}`)
}

declare const isBehind: (element: Element) => boolean

/** A page that was left has arrived, where one was left. */
async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(150)
  await page.waitForLoadState()
}
