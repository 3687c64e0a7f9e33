import type { Command } from 'commander'
import { readConfig, StartError } from '../config.ts'
import { migrate } from '../db/migrate.ts'
import { prepareBackend } from '../queue/backend.ts'

/** `nightbill migrate`: before a new version starts. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to this version; as its owner, before the new version starts')
    .addHelpText('after', '\nExample:\n  $ DATABASE_URL=postgres://owner@db/nightbill nightbill migrate')
    .action(async () => {
      const config = readConfig()
      if (config.DATABASE_URL === undefined)
        throw new StartError('DATABASE_URL is not set: `nightbill serve` migrates the embedded database by itself')
      await migrate(config.DATABASE_URL)
      await prepareBackend({ databaseUrl: config.DATABASE_URL, redisUrl: config.REDIS_URL })
      console.log('The database is current.')
    })
}
