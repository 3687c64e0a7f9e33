import type { Command } from 'commander'
import type { Page, PageQuery } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { collectPages } from '../client/collect-pages.ts'
import { addClientCommand, type ClientDefaults, listText, parsePositiveInteger, withClient } from './client-command.ts'

type Listing<Row, Options> = {
  /** The default of --limit. */
  readonly limit: number
  /** Reads one page. `argument` is the command's argument, such as an id. */
  readonly list: (client: ApiClient, page: PageQuery, options: Options, argument: string) => Promise<Page<Row>>
  readonly table: (rows: readonly Row[]) => string
}

/** Adds a command that shows a list of the service, up to --limit rows. The caller adds options that filter it to the returned command. */
export function addListCommand<Row, Options extends object>(
  group: Command,
  [usage, description]: readonly [usage: string, description: string],
  defaults: ClientDefaults,
  { limit, list, table }: Listing<Row, Options>,
): Command {
  const command = addClientCommand(group, usage, description, defaults)
  return command.option('--limit <count>', 'at most so many', parsePositiveInteger, limit).action(() =>
    withClient(command, defaults, async ({ client, show }) => {
      const options = command.opts<Options & { limit: number }>()
      const [argument = ''] = command.args
      show(await collectPages((page) => list(client, page, options, argument), options.limit), listText(table))
    }),
  )
}
