#!/usr/bin/env node
import { Command } from 'commander'
import { readArguments, verbOf } from './cli/arguments.ts'
import type { ClientDefaults } from './cli/client-command.ts'
import { COMMANDS } from './cli/commands.ts'
import { runEntry } from './run-entry.ts'

const isCommand = (name: string) => Object.hasOwn(COMMANDS, name)

await runEntry(async () => {
  const program = new Command('nightbill')
    .description('Account credits and nightly bill runs')
    .option('-V, --version', 'print the version')
    .option('--no-color', 'no colours, as with NO_COLOR')
    .addHelpText(
      'after',
      '\nStart here:\n  $ nightbill serve                     everything, on an embedded Postgres\n  $ nightbill bill-run start --help     what the scheduler calls',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  const { args, colour, profile } = readArguments(process.argv.slice(2), isCommand)
  const [name = '--help', verb, ...rest] = args
  if (name === '--version' || name === '-V') return console.log((await import('./version.ts')).VERSION)
  if (name === 'complete' && verb === '--') return completeWords(program, rest)
  if (!colour) (await import('./config.ts')).disableColours()
  if (verb === undefined && ['--help', '-h', 'help'].includes(name)) listCommands(program)
  else await loadCommands(program, name, profile)
  const [group] = program.commands
  const known = isCommand(name) ? (group?.commands.flatMap((one) => [one.name(), ...one.aliases()]) ?? []) : []
  const canonical = verb === undefined ? [] : [verbOf(verb, known) as string]
  await program.parseAsync([name, ...canonical, ...rest], { from: 'user' })
})

/** Adds all commands with their descriptions only, which is enough for `nightbill --help`. */
function listCommands(program: Command): void {
  for (const { group, usage, description } of Object.values(COMMANDS)) {
    program.command(usage).description(description).helpGroup(group)
  }
}

/** Loads the command with this name. For an unknown name loads all commands, so that commander can suggest one. */
async function loadCommands(program: Command, name: string, profile: string | undefined): Promise<void> {
  const defaults = await loadDefaults(profile)
  const asked = isCommand(name) ? COMMANDS[name] : undefined
  for (const { load } of asked ? [asked] : Object.values(COMMANDS)) (await load())(program, defaults)
}

async function loadDefaults(profile: string | undefined): Promise<ClientDefaults> {
  const [{ readConfig }, { connectionDefaults }] = await Promise.all([
    import('./config.ts'),
    import('./cli/connection-defaults.ts'),
  ])
  return connectionDefaults(readConfig(), profile)
}

/** Answers the script of `nightbill completion`: of all commands it needs the names, and all of the one that is being written. */
async function completeWords(program: Command, words: readonly string[]): Promise<void> {
  const defaults = await loadDefaults(undefined)
  const [name = ''] = words
  for (const [known, { description, load }] of Object.entries(COMMANDS)) {
    // That one is added with the completion itself.
    if (known === 'completion') continue
    if (known === name && words.length > 1) (await load())(program, defaults)
    else program.command(known).description(description)
  }
  const { complete } = await import('./cli/complete.ts')
  await complete(program, words, defaults)
}
