import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, openApiClient } from '../../src/client/api-client.ts'
import { createKey } from '../../src/ledger/keys/api-keys.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'
import { type Browser, inBrowser, openBrowser } from './support/browser.ts'
import { WAYS } from './support/ways.ts'

/** A rule of the site's own, such as may be added to a database: it refuses credits above a limit, and can be mended. */
const SITE_LIMIT = `
  create table site_limit (amount numeric not null);
  insert into site_limit values (100);
  grant select on site_limit to nightbill_service;
  create function refuse_large() returns trigger language plpgsql as $$
  begin
    if new.amount > (select amount from site_limit) then
      raise exception 'credit amount above the limit of this site' using errcode = 'check_violation';
    end if;
    return new;
  end $$;
  create trigger refuse_large before insert on credit for each row execute function refuse_large()`

inBrowser('requests, schedules, keys, sessions and preferences', () => {
  let service: Service
  let browser: Browser
  let client: ApiClient
  let everything: string
  beforeAll(async () => {
    service = await openService()
    await execute(service.database.ownerUrl, SITE_LIMIT)
    await service.startWorkers()
    everything = (await createKey(service.db, 'everything', ['read', 'enqueue', 'operate', 'admin'])).key
    browser = await openBrowser(service.url)
    client = openApiClient({ baseUrl: service.url, apiKey: BOOTSTRAP_KEY })
  })
  afterAll(async () => {
    await browser.close()
    await service.close()
  })
  const setLimit = (amount: number) => execute(service.database.ownerUrl, `update site_limit set amount = ${amount}`)

  describe.each(WAYS)('$way', ({ way, hand, scripts }) => {
    const open = async () => await browser.open(everything, { javaScriptEnabled: scripts })
    const slug = way.replaceAll(' ', '-')

    test('requests that failed are seen by reason, and retried: one, then all of the reason', async () => {
      await setLimit(100)
      await client.createAccount({ accountId: slug, name: `Acme ${way}`, currency: 'USD' })
      for (const [amount, reason] of [
        ['101', 'First'],
        ['102', 'Second'],
        ['103', 'Third'],
        ['50', 'Small'],
      ] as const) {
        const { jobId } = await client.postCredit({ accountId: slug, amount, reason })
        await client.waitForJob(jobId)
      }
      const { page, complaints } = await open()
      await page.goto(`/work?account=${slug}`)
      await expectHeading(page, '3 requests failed')
      await expectText(page, 'Credit amount above the limit of this site.')

      await hand.follow(page, 'Credit: Third')
      await expectText(page, 'Nothing was changed.')
      await hand.press(page, 'Retry this request')
      await expectText(page, 'It failed again.')

      await setLimit(1_000)
      await hand.press(page, 'Retry this request')
      await expectText(page, 'The credit of 103.00 USD is carried out.')

      await page.goto(`/work?account=${slug}`)
      await expectHeading(page, '2 requests failed')
      await hand.press(page, /^Retry 2 requests/)
      await expectText(page, '2 requests are accepted again.')
      await eventually(async () => {
        const { data } = await client.listCredits({ accountId: slug })
        expect(data.map(({ amount }) => amount).toSorted()).toEqual(['101.00', '102.00', '103.00', '50.00'])
      })
      await page.reload()
      await expectHeading(page, 'No request failed')
      expect(complaints).toEqual([])
    })

    test('a schedule shows its next times before it is added, is turned off, and is removed', async () => {
      const name = `weekdays-${slug}`
      const { page, complaints } = await open()
      await page.goto('/schedules')
      await hand.press(page, 'Add a schedule')
      await hand.fill(page, /^Name/, name)
      await hand.fill(page, /^Cron/, '30 1 * *')
      if (!scripts) await hand.press(page, 'Show the next times')
      await expectText(page, 'Must have five fields')
      await hand.fill(page, /^Cron/, '30 1 * * 1-5')
      if (!scripts) await hand.press(page, 'Show the next times')
      await expectText(page, 'Monday to Friday at 01:30')
      expect(await page.locator('#times li').count()).toBe(5)
      expect(await page.getByLabel(/^Name/).inputValue()).toBe(name)
      await hand.press(page, 'Add the schedule')
      await expectText(page, `${name} is on.`)
      expect(await client.getSchedule(name)).toMatchObject({
        cron: '30 1 * * 1-5',
        billGroup: 'default',
        enabled: true,
      })

      await hand.fill(page, /^Cron/, '0 4 * * *')
      if (scripts) await expectText(page, 'Every day at 04:00')
      await hand.press(page, 'Save')
      await expectText(page, `${name} is changed.`)
      await hand.press(page, 'Turn off')
      await expectText(page, `${name} is off.`)
      expect(await client.getSchedule(name)).toMatchObject({ cron: '0 4 * * *', enabled: false, nextTimes: [] })
      await hand.press(page, 'Remove…')
      await hand.press(page, `Remove ${name}`)
      await expectText(page, `${name} is removed.`)
      const { data } = await client.listSchedules()
      expect(data.map((one) => one.name)).not.toContain(name)
      expect(complaints).toEqual([])
    })

    test('a key is made, shown once, and revoked', async () => {
      const name = `feed ${way}`
      const { page, complaints } = await open()
      await page.goto('/keys')
      await hand.press(page, 'Make a key')
      await hand.fill(page, /^Name/, name)
      await hand.tick(page, 'enqueue')
      await hand.press(page, 'Make the key')
      await expectText(page, 'you will not see it again')
      const key = await page.locator('#made-key').innerText()
      const feed = openApiClient({ baseUrl: service.url, apiKey: key })
      expect(await feed.getMe()).toMatchObject({ name, scopes: ['enqueue', 'read'] })

      await page.goto('/keys')
      expect(await page.content()).not.toContain(key)
      await hand.follow(page, `Revoke… ${name}`)
      await hand.press(page, `Revoke ${name}`)
      await expectText(page, 'The key is revoked.')
      await eventually(async () => expect(await feed.getMe().catch((error) => error.status)).toBe(401))
      expect(complaints).toEqual([])
    })

    test('a session that is ended somewhere else asks to sign in again', async () => {
      const here = await open()
      const there = await open()
      await there.page.goto('/sessions')
      await here.page.goto('/sessions')
      await hand.press(here.page, 'End all others')
      await expectText(here.page, 'ended.')
      await eventually(async () => {
        await there.page.goto('/work')
        expect(there.page.url()).toContain('/sign-in?next=%2Fwork')
      })
      await here.page.goto('/work')
      expect(here.page.url()).toMatch(/\/work$/)
    })

    test('preferences are kept in the browser', async () => {
      const { page } = await open()
      await page.goto('/preferences')
      await page.getByLabel('Theme').selectOption('dark')
      await page.getByLabel('Time zone').selectOption('Asia/Tokyo')
      await page.getByLabel('Density').selectOption('compact')
      await hand.tick(page, 'Single keys are shortcuts')
      await hand.press(page, 'Save')
      await expectText(page, 'Saved.')
      const root = page.locator('html')
      expect(await root.getAttribute('data-theme')).toBe('dark')
      expect(await root.getAttribute('data-density')).toBe('compact')
      expect(await root.getAttribute('data-keys')).toBe('off')
      await expectText(page, 'Asia/Tokyo')
      await page.keyboard.press('g')
      await page.keyboard.press('w')
      await page.waitForTimeout(300)
      expect(page.url()).toMatch(/\/preferences$/)
    })
  })

  test('keys lead through the console, and are listed', async () => {
    await client.createAccount({ accountId: 'listed', name: 'Listed', currency: 'USD' })
    for (const reason of ['One', 'Two']) await client.postCredit({ accountId: 'listed', amount: '1', reason })
    const { page, complaints } = await browser.open(everything)
    await page.goto('/activity')
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Shortcuts' })
    await dialog.getByText('Next row').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
    await page.keyboard.press('g')
    await page.keyboard.press('w')
    await page.waitForURL('**/work')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    const first = await page.locator('a.row').first().getAttribute('href')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**${first}`)
    await page.keyboard.press('u')
    await page.waitForURL('**/work')
    await page.keyboard.press('/')
    await page.keyboard.type('gs')
    await page.waitForTimeout(300)
    expect(page.url()).toMatch(/\/work$/)
    expect(complaints).toEqual([])
  })

  test('who may only read sees no button, and what failed all the same', async () => {
    const reader = (await createKey(service.db, 'reader', ['read'])).key
    await client.putSchedule('seen', { cron: '0 2 * * *', timezone: 'UTC', billGroup: 'nobody' })
    const { page } = await browser.open(reader)
    for (const [path, text] of [
      ['/work', 'Accepted'],
      ['/schedules', 'seen'],
      ['/schedules/seen', 'Next times'],
      ['/activity', 'Signed in'],
    ] as const) {
      await page.goto(path)
      await expectText(page, text)
      for (const button of ['Retry', 'Add a schedule', 'Turn off', 'Remove…', 'Save'])
        expect(await page.getByRole('button', { name: button }).count(), `${path} ${button}`).toBe(0)
    }
    const answer = await page.goto('/keys')
    expect(answer?.status()).toBe(403)
    await expectText(page, 'It needs the scope admin')
  })
})

const expectHeading = async (page: Page, text: string) => {
  await page.waitForLoadState()
  expect(await page.locator('h1').innerText()).toBe(text)
}

const expectText = async (page: Page, text: string) =>
  await page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: 20_000 })
