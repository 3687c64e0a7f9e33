// Writes src/db/schema.ts anew, from a database that has every migration: `npm run schema`.
import { execFileSync } from 'node:child_process'
import { migrate } from '../../src/db/migrate.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { makeDataFolder, removeDataFolder } from './data-folder.ts'

const dataDir = await makeDataFolder()
const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
try {
  await migrate(postgres.ownerUrl)
  execFileSync('kysely-codegen', ['--url', postgres.ownerUrl], { stdio: 'inherit' })
} finally {
  await postgres.stop()
  await removeDataFolder(dataDir)
}
