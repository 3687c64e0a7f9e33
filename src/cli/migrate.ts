import type { Command } from 'commander'
import { readConfig, StartError } from '../config.ts'
import { migrate } from '../db/migrate.ts'
import { admitLogin } from '../db/service-login.ts'
import { prepareQueues } from '../work/prepare-queues.ts'

/** `nightbill migrate`: before a new version starts. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'bring the database to this version, as its owner, before the new version starts; makes the login of DATABASE_URL, or admits it',
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
          'OWNER_DATABASE_URL is not set: name the database as its owner; `nightbill serve` migrates the embedded one by itself',
        )
      }
      await migrate(ownerUrl, { say: (line) => console.error(line) })
      await prepareQueues({ ownerUrl, redisUrl: config.REDIS_URL })
      if (config.DATABASE_URL !== undefined) await admitLogin(ownerUrl, config.DATABASE_URL)
      console.log('The database is current.')
    })
}
