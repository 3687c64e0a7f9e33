import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey, revokeKey } from '../../src/ledger/keys/api-keys.ts'
import { eventually } from '../support/eventually.ts'
import { inBrowser } from './support/browser.ts'
import { type ConsoleSite, openConsoleSite } from './support/console-site.ts'

const WELL_KNOWN = '/accounts/usd/credits'

describe('signing in', () => {
  let site: ConsoleSite
  beforeAll(async () => {
    site = await openConsoleSite({ settings: { SIGN_INS_PER_MINUTE: '60' } })
  })
  afterAll(() => site.close())

  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    site.call('POST', path, {
      key: null,
      raw: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
    })
  const signIn = async (key: string, next = '/') => post('/sign-in', { key, next })
  const cookieOf = (setCookie: readonly string[] | undefined) => (setCookie?.[0] ?? '').split(';')[0] as string

  test('the cookie is out of reach of scripts, and is not sent from elsewhere when something is posted', async () => {
    const { status, headers } = await signIn(site.clerk)
    expect(status).toBe(303)
    expect(headers['set-cookie']?.[0]).toMatch(/^nightbill=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(headers['set-cookie']?.[0]).not.toContain(site.clerk)
  })

  test('a page that needs it asks for it, and is shown afterwards', async () => {
    const asked = await site.call('GET', `${WELL_KNOWN}?status=issued`, { key: null })
    expect(asked.headers.location).toBe(`/sign-in?next=${encodeURIComponent(`${WELL_KNOWN}?status=issued`)}`)
    expect((await signIn(site.clerk, `${WELL_KNOWN}?status=issued`)).headers.location).toBe(
      `${WELL_KNOWN}?status=issued`,
    )
  })

  test.each([
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '/\\elsewhere.example/',
    'javascript:alert(1)',
    '/\t/elsewhere.example',
  ])('it leads to no other site: %s', async (next) => {
    expect((await signIn(site.clerk, next)).headers.location).toMatch(/^\/(?![/\\])/)
  })

  test('a key that is unknown, revoked or expired gets the very same answer', async () => {
    const revoked = await createKey(site.db, 'revoked', ['read'])
    await site.db.transaction().execute((tx) => revokeKey(tx, revoked.id))
    const expired = await createKey(site.db, 'expired', ['read'], new Date(Date.now() - 1_000))
    const answers = await Promise.all([`nb_${'x'.repeat(43)}`, revoked.key, expired.key].map((key) => signIn(key)))
    for (const { status, text, headers } of answers) {
      expect(status).toBe(401)
      expect(text).toBe(answers[0]?.text)
      expect(headers['set-cookie']).toBeUndefined()
    }
    expect(answers[0]?.text).toContain('This key is not known, or no longer in force.')
  })

  test('a key that may not read is told so', async () => {
    const { status, text } = await signIn(site.keys.enqueue)
    expect(status).toBe(403)
    expect(text).toContain('This key may enqueue only. Sign in with one that may read.')
  })

  test('another site cannot sign a browser in, nor out', async () => {
    const cookie = cookieOf((await signIn(site.clerk)).headers['set-cookie'])
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      const form = { key: site.clerk, next: '/' }
      expect((await post('/sign-in', form, headers)).status).toBe(403)
      expect((await post('/sign-out', {}, { cookie, ...headers })).status).toBe(403)
    }
    expect((await site.call('GET', WELL_KNOWN, { key: null, headers: { cookie } })).status).toBe(200)
  })

  test('signing out ends the session, for every tab, and nothing is left in the browser', async () => {
    const cookie = cookieOf((await signIn(site.clerk)).headers['set-cookie'])
    const out = await post('/sign-out', {}, { cookie })
    expect(out).toMatchObject({ status: 303, headers: { location: '/sign-in', 'clear-site-data': '"cache"' } })
    await eventually(async () => {
      const again = await site.call('GET', WELL_KNOWN, { key: null, headers: { cookie } })
      expect(again.headers.location).toContain('/sign-in')
    })
  })

  test('a key that is revoked ends what was signed in with it', async () => {
    const { id, key } = await createKey(site.db, 'soon revoked', ['read'])
    const cookie = cookieOf((await signIn(key)).headers['set-cookie'])
    const ask = () => site.call('GET', WELL_KNOWN, { key: null, headers: { cookie } })
    expect((await ask()).status).toBe(200)
    await site.db.transaction().execute((tx) => revokeKey(tx, id))
    await eventually(async () => expect((await ask()).status).toBe(303))
  })

  test('a page is kept by no browser and shown in no frame, and runs nothing but its own scripts', async () => {
    const cookie = cookieOf((await signIn(site.clerk)).headers['set-cookie'])
    const { headers } = await site.call('GET', WELL_KNOWN, { key: null, headers: { cookie } })
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy':
        "default-src 'none';script-src 'self';style-src 'self';font-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    })
  })

  test('an unknown address is a page for a person and a problem for a program', async () => {
    const person = await site.call('GET', '/nothing-here', { headers: { accept: 'text/html' } })
    expect(person.status).toBe(404)
    expect(person.text).toContain('There is no such page')
    const program = await site.call<{ code: string }>('GET', '/nothing-here', {
      headers: { accept: 'application/json' },
    })
    expect(program.body.code).toBe('route_not_found')
  })

  test('who tries too often is not even listened to', async () => {
    const tries = await Promise.all(Array.from({ length: 60 }, () => signIn('nb_wrong')))
    expect(tries.map(({ status }) => status)).toContain(429)
  })
})

inBrowser('signed in, in a browser', () => {
  let site: ConsoleSite
  beforeAll(async () => {
    site = await openConsoleSite()
  })
  afterAll(() => site.close())

  test('what a key may not do is not offered, and is refused when it is posted all the same', async () => {
    const { page } = await site.browser.open(site.keys.read)
    const paths = [
      ['new', '/accounts/usd/credits/new'],
      ['disburse', `/accounts/usd/credits/${site.ids.issued}/disburse`],
      ['reverse', `/accounts/usd/credits/${site.ids.issued}/reverse`],
      ['delete', `/accounts/usd/credits/${site.ids.pending}/delete`],
      ['cancel-reversal', `/accounts/usd/credits/${site.ids.reversalPending}/cancel-reversal`],
    ] as const
    for (const credit of ['issued', 'pending', 'reversalPending']) {
      await page.goto(`/accounts/usd/credits/${site.ids[credit]}`)
      expect(await page.locator('main button, main input:not([type=hidden])').count()).toBe(0)
    }
    const before = await sql<{ n: string }>`select count(*) as n from job`.execute(site.db)
    for (const [name, path] of paths) {
      const status = await page.evaluate(
        async (url) =>
          (await fetch(url, { method: 'POST', body: new URLSearchParams({ amount: '1', reason: 'x' }) })).status,
        path,
      )
      expect(status, name).toBe(403)
    }
    expect((await sql<{ n: string }>`select count(*) as n from job`.execute(site.db)).rows).toEqual(before.rows)
  })

  test('a credit is shown, and changed, under its own account only', async () => {
    const { page } = await site.browser.open(site.clerk)
    const answer = await page.goto(`/accounts/other/credits/${site.ids.pending}`)
    expect(answer?.status()).toBe(404)
    const status = await page.evaluate(
      async (url) => (await fetch(url, { method: 'POST', body: new URLSearchParams({ reason: 'x' }) })).status,
      `/accounts/other/credits/${site.ids.pending}/delete`,
    )
    expect(status).toBe(404)
    const { body } = await site.call<{ status: string }>('GET', `/v1/credits/${site.ids.pending}`)
    expect(body.status).toBe('pending')
  })

  test('after signing out, Back shows nothing', async () => {
    const { page } = await site.browser.open(site.clerk)
    await page.goto(WELL_KNOWN)
    await page.locator('.menu summary').click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    await page.goBack()
    await page.waitForURL('**/sign-in**')
    expect(await page.content()).not.toContain('Account usd')
  })

  test('what is typed is shown when one asks for it', async () => {
    const { page, complaints } = await site.browser.open(undefined)
    await page.goto('/sign-in')
    await page.getByLabel('API key').fill('nb_secret')
    await page.getByRole('button', { name: 'Show' }).click()
    expect(await page.getByLabel('API key').getAttribute('type')).toBe('text')
    expect(complaints).toEqual([])
  })
})
