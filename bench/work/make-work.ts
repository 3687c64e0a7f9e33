import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { migrate } from '../../src/db/migrate.ts'
import { admitLogin } from '../../src/db/service-login.ts'
import { preparePostgresQueues } from '../../src/queue/postgres.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { connected, withDatabase } from '../database.ts'
import type { Servers } from '../servers.ts'
import { fillTemplate } from './fill.ts'
import { proveReconciled } from './prove-reconciled.ts'
import type { Outcome, Work, WorkSize } from './work.ts'

/** Makes the work in the tables of this version. */
export async function makeWork({ postgresUrl, serviceUrl }: Servers, size: WorkSize): Promise<Work> {
  const template = `work_${size.accounts}_${size.charges}`
  await makeDatabase({ postgresUrl, serviceUrl }, template)
  await fillTemplate(
    postgresUrl,
    template,
    ['1-accounts', '2-history', '3-october', '4-november', '5-records', '6-end'],
    size,
  )
  return {
    template,
    loginUrl: serviceUrl,
    prove: async (databaseUrl, contestant) => {
      await proveReconciled(databaseUrl, contestant)
      return await readOutcome(databaseUrl, join(import.meta.dirname, 'outcome.sql'))
    },
  }
}

/** Makes an empty database of this version, with its queues in Postgres, for the login of the service. */
export async function makeDatabase(
  { postgresUrl, serviceUrl }: Pick<Servers, 'postgresUrl' | 'serviceUrl'>,
  name: string,
): Promise<void> {
  const url = withDatabase(postgresUrl, name)
  await connected(postgresUrl, (client) => client.query(`create database ${name}`))
  await migrate(url)
  await prepareQueues({ ownerUrl: url, redisUrl: undefined })
  await preparePostgresQueues(url, ['first-thing'])
  await admitLogin(url, serviceUrl)
}

/** What a file with one select finds. */
export async function readOutcome(databaseUrl: string, file: string): Promise<Outcome> {
  const text = await readFile(file, 'utf8')
  const { rows } = await connected(databaseUrl, (client) => client.query<Outcome>(text))
  return rows[0] as Outcome
}
