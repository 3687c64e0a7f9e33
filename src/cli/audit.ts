import type { Command } from 'commander'
import { auditColumns } from '../terminal/operation-columns.ts'
import { addClientGroup, type ClientDefaults } from './client-command.ts'
import { addListCommand } from './list-command.ts'

type Filters = { subject?: string; key?: string; from?: string; to?: string }

/** `nightbill audit ...` */
export function addAuditCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'audit', 'who did what, when, with which key and request, and why')

  addListCommand(group, ['list', 'what was done, newest first'], defaults, {
    limit: 50,
    list: (client, page, { subject, key: keyId, from, to }: Filters) =>
      client.listAudit({ ...page, subject, keyId, from, to }),
    columns: auditColumns,
    none: 'Nothing was done.',
  })
    .option('--subject <id>', 'only to this credit, bill run, key, account or schedule')
    .option('--key <key-id>', 'only with this API key')
    .option('--from <time>', 'from this moment on, such as 2026-11-30T00:00:00Z')
    .option('--to <time>', 'before this moment')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill audit list --subject 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f
  $ nightbill audit list --from 2026-11-30T00:00:00Z --to 2026-12-01T00:00:00Z`,
    )
}
