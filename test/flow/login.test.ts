import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from '../support/processes.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'
import { HAS_TERMINAL, onTerminal } from '../support/terminal.ts'

describe('signing in on the command line', () => {
  let service: Service
  let url: string
  const folder = mkdtempSync(join(tmpdir(), 'nightbill-test-'))
  const kept = join(folder, 'nightbill', 'profiles.json')
  beforeAll(async () => {
    service = await openService()
    url = service.url
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await service.close()
  })

  const environment = (env: Readonly<Record<string, string>> = {}) => ({ XDG_CONFIG_HOME: folder, ...env })
  async function nightbill(args: readonly string[], { input = '', env = {} } = {}) {
    const command = startProcess(['bin/nightbill.js', ...args], environment(env), { input })
    const { code } = await command.exited
    return { code, out: command.stdout.join('\n'), err: command.stderr.join('\n') }
  }

  test('a key from stdin is tried, kept where only its user reads it, used, and forgotten', async () => {
    const wrong = await nightbill(['login', '--url', url], { input: 'not-a-key\n' })
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('(unauthenticated')])
    expect(() => statSync(kept)).toThrow('ENOENT')
    const { code, out } = await nightbill(['login', '--url', url, '--profile', 'live'], { input: `${BOOTSTRAP_KEY}\n` })
    expect(code).toBe(0)
    expect(out).toContain(`at ${url} may enqueue, read, operate, admin.\nKept as profile live in ${kept}.`)
    expect(out).not.toContain(BOOTSTRAP_KEY)
    expect([statSync(kept).mode & 0o777, statSync(join(folder, 'nightbill')).mode & 0o777]).toEqual([0o600, 0o700])

    expect((await nightbill(['account', 'list', '--profile', 'live'])).code).toBe(0)
    const env = { NIGHTBILL_PROFILE: 'live', NIGHTBILL_URL: 'http://127.0.0.1:1', NIGHTBILL_API_KEY: 'another' }
    const who = await nightbill(['whoami', '--json=name'], { env })
    expect(JSON.parse(who.out)).toEqual({ name: expect.any(String) })
    expect((await nightbill(['config'], { env })).out).toContain(`service   ${url}\nkey       profile live\n`)

    const gone = await nightbill(['logout', '--profile=live'])
    expect([gone.code, gone.out]).toEqual([0, expect.stringContaining('It stays in force until it is revoked.')])
    expect(readFileSync(kept, 'utf8')).not.toContain(BOOTSTRAP_KEY)
    expect((await nightbill(['account', 'list', '--profile', 'live'])).err).toBe(
      'there is no profile live: nightbill login --profile live',
    )
  })

  test('the key of a profile goes to no other address', async () => {
    await nightbill(['login', '--url', url], { input: BOOTSTRAP_KEY })
    expect((await nightbill(['account', 'list'])).code).toBe(0)
    const elsewhere = await nightbill(['account', 'list', '--url', `${url.replace('127.0.0.1', 'localhost')}`])
    expect([elsewhere.code, elsewhere.err]).toEqual([2, expect.stringContaining('(api_key_missing)')])
    await nightbill(['logout'])
  })

  test('a file that is no profiles is said, with what to do', async () => {
    writeFileSync(kept, '[')
    const { code, err } = await nightbill(['account', 'list'])
    expect([code, err]).toEqual([2, expect.stringContaining('remove it and sign in again')])
    rmSync(kept)
  })

  test.skipIf(!HAS_TERMINAL)('on a terminal the key is asked for and not shown', async () => {
    const { code, shown } = await onTerminal(['login', '--url', url], environment(), [
      [/API key for/, `${BOOTSTRAP_KEY}\r`],
    ])
    expect([code, shown]).toEqual([0, expect.stringContaining('Kept as profile default')])
    expect(shown).not.toContain(BOOTSTRAP_KEY)
  })
})
