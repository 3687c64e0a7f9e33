import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { startProcess } from '../support/processes.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await makeDataFolder()
})
afterEach(() => removeDataFolder(dataDir))

test.each([
  ['SIGTERM', 'while its Postgres starts', /created a database/],
  ['SIGINT', 'while its processes start', /Server listening/],
] as const)('nightbill serve, given %s %s, leaves no Postgres behind', async (signal, _when, line) => {
  const service = startProcess(['src/cli.ts', 'serve'], { DATA_DIR: dataDir, PORT: '0' })
  const created = await service.waitFor(/created a database in /)
  const { msg } = JSON.parse(created) as { msg: string }
  const home = msg.replace('created a database in ', '')
  await service.waitFor(line)

  service.signal(signal)

  expect(await service.exited).toEqual({ code: 0, signal: null })
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(home)
})
