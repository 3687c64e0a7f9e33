import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** The files of a credit's way from the POST to the invoice, as CONTRIBUTING.md tells it. */
async function wayOfCredit(): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  const section = /## The way of a credit\n([\s\S]*?)\n## /.exec(text)?.[1] ?? ''
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file)
}

async function importsOf(file: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, file), 'utf8')
  return [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => relative(ROOT, join(ROOT, dirname(file), path)))
}

/** Decided purely, so that who writes it down may know its form. */
const isDecision = (file: string) => file.startsWith('src/billing/')

test("a credit's way from the POST to the invoice is at most 14 files, and leads back nowhere", async () => {
  const way = await wayOfCredit()
  expect(way.length).toBeGreaterThan(10)
  expect(way.length).toBeLessThanOrEqual(14)
  expect(way.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  for (const [index, file] of way.entries()) {
    const before = way.slice(0, index).filter((earlier) => !isDecision(earlier))
    const back = (await importsOf(file)).filter((imported) => before.includes(imported))
    expect({ file, back }).toEqual({ file, back: [] })
  }
})
