import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Nothing that a browser does by itself: it is to load what the tests serve, and nothing else. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

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

/** The cookie of a new session of a key. */
export async function signIn(baseURL: string, key: string) {
  const answer = await fetch(new URL('/v1/sessions', baseURL), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  })
  expect(answer.status).toBe(201)
  const { token } = (await answer.json()) as { token: string }
  return { name: 'nightbill', value: token, url: baseURL }
}
