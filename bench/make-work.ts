import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { migrate } from '../src/db/migrate.ts'
import { admitLogin } from '../src/db/service-login.ts'
import { preparePostgresQueues } from '../src/queue/postgres.ts'
import { prepareQueues } from '../src/work/prepare-queues.ts'
import { connected, withDatabase } from './database.ts'
import type { Servers } from './servers.ts'

/** The date of the bill run that is measured. */
export const BILL_DATE = '2026-11-30'

/**
 * Makes a database with the work for so many accounts, and for others of the group `warm-up`, which every contestant bills before its
 * clock starts. It is to be cloned for each contestant. Gives its name.
 */
export async function makeWork(
  { postgresUrl, serviceUrl }: Servers,
  accounts: number,
  warmUpAccounts: number,
): Promise<string> {
  const name = `work_${accounts}`
  const url = withDatabase(postgresUrl, name)
  await connected(postgresUrl, (client) => client.query(`create database ${name}`))
  await migrate(url)
  await prepareQueues({ ownerUrl: url, redisUrl: undefined })
  await preparePostgresQueues(url, ['first-thing'])
  await admitLogin(url, serviceUrl)
  const text = await readFile(join(import.meta.dirname, 'make-work.sql'), 'utf8')
  await connected(url, async (client) => {
    await client.query(text.replaceAll(':accounts', String(accounts)).replaceAll(':warmed', String(warmUpAccounts)))
    await client.query('vacuum (analyze)')
  })
  await connected(postgresUrl, (client) =>
    client.query(`alter database ${name} with is_template true allow_connections false`),
  )
  return name
}

/** Drops what makeWork made. */
export async function dropWork(serverUrl: string, name: string): Promise<void> {
  await connected(serverUrl, async (client) => {
    await client.query(`alter database ${name} with is_template false`)
    await client.query(`drop database ${name}`)
  })
}

/** The key of an account by its number, from 1. */
export const accountKey = (number: number) => `account-${String(number).padStart(7, '0')}`
