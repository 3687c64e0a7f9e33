import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { describe } from 'vitest'
import { CHROMIUM, FLAGS, signIn } from './chromium.ts'

const isThere = existsSync(CHROMIUM)
if (!isThere)
  process.stderr.write(
    `Tests that need a browser are skipped: there is no ${CHROMIUM} (install chromium, or set CHROMIUM)\n`,
  )

/** Tests in a real browser. They are skipped, and say so, where there is none. */
export const inBrowser = describe.skipIf(!isThere)

export type Tab = {
  readonly page: Page
  /** What the page did wrong so far: its messages, errors, and breaches of its content security policy. */
  readonly complaints: readonly string[]
}

export type Browser = Awaited<ReturnType<typeof openBrowser>>

/** A browser with nothing in it. Each tab has cookies of its own. */
export async function openBrowser(baseURL: string) {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-browser-'))
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: FLAGS,
    env: { ...process.env, HOME: folder },
  })
  const contexts: BrowserContext[] = []

  /** A tab that is signed in with this key; not signed in without one. */
  const open = async (key: string | undefined, options: BrowserContextOptions = {}): Promise<Tab> => {
    const context = await browser.newContext({ baseURL, viewport: { width: 1440, height: 900 }, ...options })
    contexts.push(context)
    if (key !== undefined) await context.addCookies([await signIn(baseURL, key)])
    const complaints: string[] = []
    // Where scripts do not run, this does not either.
    await context.addInitScript(() =>
      addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
      ),
    )
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
    return { page, complaints }
  }
  const close = async () => {
    await Promise.all(contexts.map((context) => context.close()))
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { open, close } as const
}
