import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/db/migrate.ts'
import { admitLogin } from '../../src/db/service-login.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { makeDataFolder, removeDataFolder } from './data-folder.ts'
import { execute, TEMPLATE, withDatabase } from './database.ts'
import './provided.ts'
import { startRedis } from './redis.ts'

/** One Postgres and, where there is one, one Redis for the whole test run. Nothing here has to outlive a crash, so nothing waits for the disk. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await makeDataFolder()
  const postgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS })
  const redis = await redisForTests()
  const tearDown = async () => {
    await redis.stop()
    await postgres.stop()
    await removeDataFolder(dataDir)
  }
  try {
    const admin = withDatabase(postgres.ownerUrl, 'postgres')
    await makeTemplate(admin, postgres.url)
    project.provide('postgresUrl', admin)
    project.provide('serviceUrl', postgres.url)
    project.provide('redisUrl', redis.url)
  } catch (error) {
    await tearDown()
    throw error
  }
  return tearDown
}

async function makeTemplate(admin: string, serviceUrl: string): Promise<void> {
  await execute(admin, `create database ${TEMPLATE}`)
  const ownerUrl = withDatabase(admin, TEMPLATE)
  await migrate(ownerUrl)
  await admitLogin(ownerUrl, serviceUrl)
  await execute(admin, `alter database ${TEMPLATE} with is_template true allow_connections false`)
}

async function redisForTests(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const given = process.env.REDIS_URL
  if (given) return { url: given, stop: async () => {} }
  try {
    return await startRedis()
  } catch (error) {
    process.stderr.write(
      `Tests that need Redis are skipped: ${(error as Error).message} (install redis-server, or set REDIS_URL)\n`,
    )
    return { url: '', stop: async () => {} }
  }
}
