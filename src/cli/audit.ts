import type { Command } from 'commander'
import { collectPages } from '../client/collect-pages.ts'
import { auditTable } from '../terminal/tables.ts'
import {
  addClientCommand,
  addClientGroup,
  type ClientDefaults,
  listText,
  parsePositiveInteger,
  withClient,
} from './client-command.ts'

type ListOptions = { subject?: string; key?: string; from?: string; to?: string; limit: number }

/** `nightbill audit ...` */
export function addAuditCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'audit', 'who did what, when, with which key and request, and why')

  addClientCommand(group, 'list', 'what was done, newest first', defaults)
    .option('--subject <id>', 'only to this credit, bill run, key, account or schedule')
    .option('--key <key-id>', 'only with this API key')
    .option('--from <time>', 'from this moment on, such as 2026-11-30T00:00:00Z')
    .option('--to <time>', 'before this moment')
    .option('--limit <count>', 'at most so many', parsePositiveInteger, 50)
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill audit list --subject 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f
  $ nightbill audit list --from 2026-11-30T00:00:00Z --to 2026-12-01T00:00:00Z`,
    )
    .action(({ subject, key: keyId, from, to, limit }: ListOptions, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const list = (page: object) => client.listAudit({ ...page, subject, keyId, from, to })
        show(await collectPages(list, limit), listText(auditTable))
      }),
    )
}
