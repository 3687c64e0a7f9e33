import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { startProcess } from '../support/processes.ts'

const API_KEY = 'bootstrap-key-of-a-lost-database'

let dataDir: string
beforeEach(async () => {
  dataDir = await makeDataFolder()
})
afterEach(() => removeDataFolder(dataDir))

function serve() {
  const service = startProcess(['src/cli.ts', 'serve'], { DATA_DIR: dataDir, PORT: '0', BOOTSTRAP_API_KEY: API_KEY })
  const call = async (method: string, path: string, body?: object) => {
    const { msg } = JSON.parse(await service.waitFor(/Server listening at/)) as { msg: string }
    const answer = await fetch(`${msg.replace(/^.* at /, '')}${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as object }
  }
  const errors = () =>
    service.stdout
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { level: number; name: string; msg: string })
      .filter(({ level, name }) => name === 'serve' && level >= 50)
      .map(({ msg }) => msg)
  return { ...service, call, errors }
}

/** The process id of the Postgres that runs on the data folder. */
async function postmaster(): Promise<number> {
  const home = await readFile(join(dataDir, 'postgres-location'), 'utf8').catch(() => dataDir)
  return Number((await readFile(join(home.trim(), 'postgres/postmaster.pid'), 'utf8')).split('\n')[0])
}

test.each(['SIGKILL', 'SIGQUIT'] as const)(
  'nightbill serve, whose Postgres is lost by %s, says so in one line and ends; a new start goes on with the same data',
  async (signal) => {
    const first = serve()
    const account = { accountId: 'kept', name: 'Kept', currency: 'USD' }
    expect((await first.call('POST', '/v1/accounts', account)).status).toBe(201)

    process.kill(await postmaster(), signal)

    expect(await first.exited).toEqual({ code: 1, signal: null })
    expect(first.errors()).toEqual([
      expect.stringMatching(
        /^the embedded Postgres ended \(.+\) and nobody stopped it: a new start recovers it, .*; stopping all processes/,
      ),
    ])

    const second = serve()
    expect(await second.call('GET', '/v1/accounts/kept')).toMatchObject({ status: 200, body: account })
    second.signal('SIGTERM')
    expect(await second.exited).toEqual({ code: 0, signal: null })
    expect(second.errors()).toEqual([])
  },
)

test('nightbill serve, told to stop together with its Postgres, ends as told', async () => {
  const service = serve()
  await service.waitFor(/Server listening at/)
  const pid = await postmaster()
  service.signal('SIGTERM')
  // A smart shutdown: it ends once its last client has gone.
  process.kill(pid, 'SIGTERM')
  expect(await service.exited).toEqual({ code: 0, signal: null })
  expect(service.errors()).toEqual([])
})
