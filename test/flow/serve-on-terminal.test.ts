import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { startProcess } from '../support/processes.ts'
import { HAS_TERMINAL, onTerminal } from '../support/terminal.ts'

let folder: string
beforeAll(async () => {
  folder = await makeDataFolder()
})
afterAll(() => removeDataFolder(folder))

test.skipIf(!HAS_TERMINAL)('serve talks in sentences on a terminal, shows the key, and ends with ^C', async () => {
  const env = { DATA_DIR: folder, PORT: '0' }
  const { code, shown } = await onTerminal(['serve'], env, [[/nightbill --help/, '\u0003']])
  expect(code).toBe(0)
  expect(shown).toMatch(/^Starting\. The data is in \S+, in a Postgres of its own\. \^C stops it\./)
  expect(shown).toMatch(/Nightbill serves at http:\S+\n {2}API key \(shown this once\): nb_\S+\n/)
  expect(shown.trimEnd()).toMatch(/Stopped\. What was accepted is kept, and goes on at the next start\.$/)
  expect(shown).not.toContain('{"level"')
})

test('serve writes JSON lines where nobody reads along', async () => {
  const service = startProcess(['bin/nightbill.js', 'serve'], { DATA_DIR: folder, PORT: '0' })
  await service.waitFor(/nightbill --help/)
  expect(JSON.parse(await service.waitFor(/Server listening/))).toMatchObject({ level: 30, name: 'api' })
  service.signal('SIGTERM')
  expect((await service.exited).code).toBe(0)
})
