import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { execute, openTestDatabase } from '../support/database.ts'

const SLOW = `export const migrate = async (db, say) => {
  say('building an index')
  await new Promise((resolve) => setTimeout(resolve, 5_500))
}`

test('a statement that takes long is not silent', async () => {
  const database = await openTestDatabase()
  await execute(database.ownerUrl, 'drop table schema_migration, schema_migration_lock')
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-slow-'))
  await writeFile(join(folder, '0001-slow.ts'), SLOW)
  const said: string[] = []
  await migrate(database.ownerUrl, { folder, say: (line) => said.push(line) })
  expect(said).toEqual(['building an index', expect.stringMatching(/^still at work: building an index, [5-9] s ago$/)])
  await rm(folder, { recursive: true })
  await database.drop()
})
