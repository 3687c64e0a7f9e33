import { userInfo } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { readConfig } from '../config.ts'
import { inTransaction } from '../db/transaction.ts'
import { type AuditActor, writeAudit } from '../ledger/audit/write-audit.ts'
import { createKey, revokeKey, SCOPES } from '../ledger/keys/api-keys.ts'
import { keyColumns } from '../terminal/operation-columns.ts'
import type { ClientDefaults } from './client-command.ts'
import { canAsk, confirm } from './confirm.ts'
import { addListCommand } from './list-command.ts'
import { openLocalDatabase } from './local-database.ts'

/** `nightbill key ...`: create and revoke work on the database itself, so that they can be used when every key is lost. */
export function addKeyCommand(program: Command, defaults: ClientDefaults): void {
  const group = program
    .command('key')
    .description('API keys, on the database of DATABASE_URL or of the service that runs on DATA_DIR')

  group
    .command('create <name>')
    .description('create a key; it is shown only once')
    .requiredOption('--scopes <list>', `some of ${SCOPES.join(',')}`, parseScopes)
    .addHelpText(
      'after',
      '\nExamples:\n  $ nightbill key create "billing feed" --scopes enqueue,read\n  $ nightbill key create ops --scopes enqueue,read,operate,admin',
    )
    .action(async (name: string, { scopes }: { scopes: readonly string[] }) => {
      const db = await openLocalDatabase(readConfig(), 'key')
      try {
        const { id, key } = await inTransaction(db, async (tx) => {
          const created = await createKey(tx, name, scopes)
          await writeAudit(tx, commandUser(), { action: 'key.create', subject: created.id })
          return created
        })
        console.log(`Key ${id} (${scopes.join(', ')}), shown this once:\n${key}`)
      } finally {
        await db.destroy()
      }
    })

  group
    .command('revoke <keyId>')
    .description('revoke a key; it is refused from the next second on')
    .option('--reason <text>', 'why, for the audit')
    .option('--yes', 'do not ask first')
    .addHelpText('after', '\nExample:\n  $ nightbill key revoke 019ac0de-0000-7000-8000-000000000001')
    .action(async (keyId: string, { reason, yes = false }: { reason?: string; yes?: boolean }) => {
      if (!yes && canAsk()) await confirm(`Key ${keyId} will be refused from the next second on.`, 'Revoke it?')
      const db = await openLocalDatabase(readConfig(), 'key')
      try {
        await inTransaction(db, async (tx) => {
          await revokeKey(tx, keyId)
          await writeAudit(tx, commandUser(), { action: 'key.revoke', subject: keyId, reason })
        })
        console.log(`Key ${keyId} is revoked.`)
      } finally {
        await db.destroy()
      }
    })

  addListCommand(
    group,
    ['list', 'the keys that there are, newest first; asks the service, with the scope admin'],
    defaults,
    {
      limit: 100,
      list: (client, page) => client.listKeys(page),
      columns: keyColumns,
      none: 'No keys.',
    },
  ).addHelpText('after', '\nExample:\n  $ nightbill key list')
}

/** The user of the operating system. There is no API key to name here: this command opens the database itself. */
function commandUser(): AuditActor {
  try {
    return { source: 'command', user: userInfo().username }
  } catch {
    // In a container the user may have an id and no name.
    return { source: 'command', user: String(process.getuid?.()) }
  }
}

function parseScopes(list: string): readonly string[] {
  const scopes = list.split(',')
  const unknown = scopes.filter((scope) => !SCOPES.some((known) => known === scope))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`${unknown.join(', ')} is no scope; there are ${SCOPES.join(', ')}.`)
  return scopes
}
