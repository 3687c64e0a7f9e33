import type { Command } from 'commander'
import { readConfig, StartError } from '../config.ts'
import { migrate } from '../db/migrate.ts'
import { admitLogin } from '../db/service-login.ts'
import { prepareQueues } from '../work/prepare-queues.ts'

/** `nightbill migrate`: to be run before a new version starts. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'migrate the database as its owner, before a new version starts; creates the login of DATABASE_URL and grants its rights',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ OWNER_DATABASE_URL=postgres://owner:...@db/nightbill DATABASE_URL=postgres://service:...@db/nightbill nightbill migrate',
    )
    .action(async () => {
      const config = readConfig()
      const ownerUrl = config.OWNER_DATABASE_URL
      if (ownerUrl === undefined) {
        throw new StartError(
          'OWNER_DATABASE_URL is not set: set it to the database with the login of its owner; `nightbill serve` migrates the embedded database by itself',
        )
      }
      await migrate(ownerUrl, { say: (line) => console.error(line) })
      await prepareQueues({ ownerUrl, redisUrl: config.REDIS_URL })
      if (config.DATABASE_URL !== undefined) await admitLogin(ownerUrl, config.DATABASE_URL)
      console.log('The database is current.')
    })
}
