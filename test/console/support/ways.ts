import type { Page } from 'playwright-core'
import { keyboard } from './keyboard.ts'

/** How somebody works: what presses a button, follows a link, and fills a field. */
export type Hand = {
  readonly press: (page: Page, name: string | RegExp) => Promise<void>
  readonly follow: (page: Page, name: string | RegExp) => Promise<void>
  readonly fill: (page: Page, label: string | RegExp, text: string) => Promise<void>
  readonly tick: (page: Page, label: string | RegExp) => Promise<void>
}

export const mouse: Hand = {
  press: (page, name) => page.getByRole('button', { name }).filter({ visible: true }).click(),
  follow: (page, name) => page.getByRole('link', { name }).filter({ visible: true }).first().click(),
  fill: (page, label, text) => page.getByLabel(label).filter({ visible: true }).first().fill(text),
  tick: (page, label) => page.getByLabel(label).filter({ visible: true }).click(),
}

/** The ways in which a journey is made. */
export const WAYS = [
  { way: 'by mouse', hand: mouse, scripts: true },
  { way: 'by keyboard alone', hand: keyboard, scripts: true },
  { way: 'with scripts off', hand: mouse, scripts: false },
] as const
