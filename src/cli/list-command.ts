import type { Command } from 'commander'
import type { Page, PageQuery } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { collectPages, maxPageSize } from '../client/collect-pages.ts'
import type { Column } from '../terminal/column.ts'
import { addClientCommand, type ClientDefaults, parsePositiveInteger, withClient } from './client-command.ts'
import type { Output } from './output.ts'

type Listing<Row, Options> = {
  /** The default of --limit. */
  readonly limit: number
  /** Reads one page. `argument` is the command's argument, such as an id. */
  readonly list: (client: ApiClient, page: PageQuery, options: Options, argument: string) => Promise<Page<Row>>
  readonly columns: readonly Column<Row>[]
  /** What people read when there are no rows. */
  readonly none: string
  /** Makes an id of what the argument says. */
  readonly resolve?: (client: ApiClient, argument: string) => Promise<string>
}

/**
 * Adds a command that shows a list of the service, up to --limit rows, or with --all every row as it comes. The caller adds options that
 * filter it to the returned command.
 */
export function addListCommand<Row, Options extends object>(
  group: Command,
  [usage, description]: readonly [usage: string, description: string],
  defaults: ClientDefaults,
  { limit, list, columns, none, resolve = async (_, argument) => argument }: Listing<Row, Options>,
): Command {
  const command = addClientCommand(group, usage, description, defaults)
  return command
    .option('--csv', 'print as CSV')
    .option('--limit <count>', 'at most so many', parsePositiveInteger, limit)
    .option('--all', 'every one; with --json one line each')
    .action(() =>
      withClient(command, defaults, async ({ client, output }) => {
        const options = command.opts<Options & { limit: number; all?: boolean }>()
        const argument = command.args[0] === undefined ? '' : await resolve(client, command.args[0])
        const read = (page: PageQuery) => list(client, page, options, argument)
        if (options.all) return printAll(read, output, columns, none)
        const page = await collectPages(read, options.limit)
        output.showRows(page, columns, none)
        if (page.nextCursor !== null) console.error(`There are more than ${page.data.length}: raise --limit, or --all.`)
      }),
    )
}

/** Prints every row, a page at a time, so that a list of any length takes no more memory than a page. */
export async function printAll<Row>(
  read: (page: PageQuery) => Promise<Page<Row>>,
  output: Output,
  columns: readonly Column<Row>[],
  none: string,
): Promise<void> {
  const writer = output.rows(columns, none)
  let cursor: string | undefined
  do {
    const page = await read({ limit: maxPageSize, cursor })
    writer.add(page.data)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  writer.end()
}
