#!/usr/bin/env node
import { Command } from 'commander'
import { COMMANDS } from './cli/commands.ts'
import { runEntry } from './run-entry.ts'

await runEntry(async () => {
  const program = new Command('nightbill')
    .description('Account credits and nightly bill runs')
    .addHelpText(
      'after',
      '\nStart here:\n  $ nightbill serve                     everything, on an embedded Postgres\n  $ nightbill bill-run start --help     what the scheduler calls',
    )
  const [name = '--help', ...rest] = process.argv.slice(2)
  if (rest.length === 0 && ['--help', '-h', 'help'].includes(name)) listCommands(program)
  else await loadCommands(program, name)
  await program.parseAsync()
})

/** Adds all commands with their descriptions only, which is enough for `nightbill --help`. */
function listCommands(program: Command): void {
  for (const { usage, description } of Object.values(COMMANDS)) program.command(usage).description(description)
}

/** Loads the command with this name. For an unknown name loads all commands, so that commander can suggest one. */
async function loadCommands(program: Command, name: string): Promise<void> {
  const { readConfig } = await import('./config.ts')
  const config = readConfig()
  const defaults = {
    url: config.NIGHTBILL_URL ?? `http://${config.HOST}:${config.PORT}`,
    apiKey: config.NIGHTBILL_API_KEY ?? config.BOOTSTRAP_API_KEY,
  }
  const asked = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  for (const { load } of asked ? [asked] : Object.values(COMMANDS)) (await load())(program, defaults)
}
