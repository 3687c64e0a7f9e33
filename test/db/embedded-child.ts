// A copy of the service reduced to its embedded Postgres: `node embedded-child.ts <data folder>`.
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'

const settings = { fsync: 'off', shared_buffers: '16MB' }
try {
  const postgres = await startEmbeddedPostgres({
    dataDir: process.argv[2] ?? '',
    settings,
    log: (line) => console.log(line),
  })
  // Before it says that it is ready: it may be told to stop the moment after.
  process.once('SIGTERM', () => void postgres.stop())
  console.log(JSON.stringify({ url: postgres.ownerUrl, pid: postgres.pid }))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
