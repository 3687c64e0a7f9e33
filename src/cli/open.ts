import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import { addConnectedCommand, type ClientContext, type ClientDefaults, withClient } from './client-command.ts'
import { CommandError } from './command-error.ts'
import { resolveBillRun, resolveInvoice } from './resolve-id.ts'

/** `nightbill open` */
export function addOpenCommand(program: Command, defaults: ClientDefaults): void {
  const command = addConnectedCommand(program, 'open [what] [id]', "print an address of the console's", defaults)
  command
    .option('--browser', 'open it in the browser too')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill open
  $ nightbill open account acme
  $ nightbill open invoice 18 --browser
  $ nightbill open run @last`,
    )
    .action((what: string | undefined, id: string | undefined, { browser = false }: { browser?: boolean }) =>
      withClient(command, defaults, async (context) => {
        const address = new URL(await pathOf(context, what, id), context.url).href
        context.output.print(address)
        if (browser) openBrowser(address)
      }),
    )
}

async function pathOf({ client }: ClientContext, what: string | undefined, id: string | undefined): Promise<string> {
  if (what === undefined) return '/'
  if (id === undefined) throw new CommandError(`which ${what}? Give its id`)
  if (what === 'account') return `/accounts/${encodeURIComponent(id)}/credits`
  if (what === 'invoice') return `/invoices/${(await client.getInvoice(await resolveInvoice(client, id))).number}`
  if (what === 'run' || what === 'bill-run') return `/bill-runs/${await resolveBillRun(client, id)}`
  throw new CommandError(`there is no page of a ${what}: account, invoice or run`)
}

function openBrowser(address: string): void {
  const opener = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  spawn(opener, [address], { stdio: 'ignore', detached: true })
    .once('error', () => console.error(`No browser could be opened: there is no ${opener}.`))
    .unref()
}
