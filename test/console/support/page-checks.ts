import { createRequire } from 'node:module'
import { type DefaultTreeAdapterTypes, parse } from 'parse5'
import type { Page } from 'playwright-core'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** WCAG 2.0 to 2.2, A and AA, and what is good practice besides. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

type Axe = {
  run(options: object): Promise<{
    violations: readonly { id: string; nodes: readonly { html: string; failureSummary: string }[] }[]
  }>
}

/** What is wrong with the accessibility of a page, as lines. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Added through the debugger, which the page's policy does not bind.
  await page.evaluate(await readAxe())
  return page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: Axe }
    const { violations } = await axe.run({ runOnly: rules })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) =>
          `${id}: ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`,
      ),
    )
  }, RULES)
}

let axe: string | undefined
async function readAxe(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  axe ??= await readFile(AXE, 'utf8')
  return axe
}

/** What of a page is wider than its window, or lies outside of it, as lines. */
export async function outOfSight(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const wrong: string[] = []
    if (document.documentElement.scrollWidth > width) {
      const wide = [...document.querySelectorAll('body *')].filter(
        (element) => element.getBoundingClientRect().right > width + 0.5 && element.children.length === 0,
      )
      const names = wide.slice(0, 2).map((element) => element.outerHTML.slice(0, 90))
      wrong.push(`the page is ${document.documentElement.scrollWidth} wide in ${width}: ${names.join(' and ')}`)
    }
    for (const element of document.querySelectorAll('button, input:not([type=hidden]), select, textarea, main a')) {
      const { left, right, width: own, height } = element.getBoundingClientRect()
      if (own === 0 || height === 0 || !element.checkVisibility()) continue
      // What lies in a strip that scrolls by itself, such as tabs, can be brought into sight.
      if (element.closest('.tabs, .rail, .scroll, .unseen, .skip')) continue
      // What is cut off stands whole on the page behind it; a table that is too wide is moved in its sheet, where it is not stacked.
      if (element.closest('.cut') || (width >= 640 && element.closest('.sheet > table'))) continue
      // A sheet that is too narrow for what stands in it cuts it off.
      const edge = element.closest('.sheet, dialog')?.getBoundingClientRect().right ?? width
      if (left < 0 || right > Math.min(width, edge) + 0.5)
        wrong.push(`from ${Math.round(left)} to ${Math.round(right)} of ${width}: ${element.outerHTML.slice(0, 120)}`)
    }
    return wrong
  })
}

/** What of a page's source is not valid HTML, or would need a looser policy, as lines. */
export function badMarkup(source: string): readonly string[] {
  const wrong: string[] = []
  const document = parse(source, {
    onParseError: ({ code, startLine }) =>
      void wrong.push(`${code} in line ${startLine}: ${source.split('\n')[startLine - 1]?.trim().slice(0, 120)}`),
  })
  for (const { tagName, attrs, childNodes } of elementsOf(document)) {
    for (const { name } of attrs) {
      if (name === 'style' || name.startsWith('on') || name.startsWith('hx-on')) wrong.push(`${name} of a ${tagName}`)
    }
    const loaded = attrs.some(({ name, value }) => name === 'src' || (name === 'type' && value === 'application/json'))
    if (tagName === 'script' && !loaded && childNodes.length > 0) wrong.push('an inline script')
  }
  return wrong
}

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element

function elementsOf(node: Node): readonly Element[] {
  const inside = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : []
  return 'attrs' in node ? [node, ...inside] : inside
}
