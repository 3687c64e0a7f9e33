import type { Command } from 'commander'
import type { Me } from '../api/types.ts'
import { openApiClient } from '../client/api-client.ts'
import { printable } from '../client/printable.ts'
import { addClientCommand, addConnectedCommand, type ClientDefaults, sayError, withClient } from './client-command.ts'
import { CommandError } from './command-error.ts'
import { profilesFile, readProfiles, writeProfiles } from './profiles.ts'
import { readSecret } from './read-secret.ts'

type LoginOptions = { readonly url?: string; readonly apiKey?: string }

/** `nightbill login` */
export function addLoginCommand(program: Command, defaults: ClientDefaults): void {
  addConnectedCommand(program, 'login', 'keep an API key for the commands, on this machine', defaults)
    .addHelpText(
      'after',
      `
The key is read from a prompt, or from stdin, and never from an argument. It is kept in ${profilesFile()}, which only you can read.

Examples:
  $ nightbill login --url https://billing.example.com
  $ nightbill login --profile live --url https://billing.example.com < key.txt`,
    )
    .action(async (options: LoginOptions) => {
      try {
        await login(options, defaults)
      } catch (error) {
        process.exitCode = sayError(error)
      }
    })
}

async function login({ url = '', apiKey }: LoginOptions, defaults: ClientDefaults): Promise<void> {
  if (apiKey !== undefined) throw new CommandError('login reads the key from a prompt or stdin: leave --api-key out')
  const baseUrl = url || defaults.url
  const key = await readSecret(`API key for ${baseUrl}: `)
  const me = await openApiClient({ baseUrl, apiKey: key }).getMe()
  writeProfiles({ ...readProfiles(), [defaults.profileName]: { url: baseUrl, apiKey: key } })
  console.log(`${meText(me, baseUrl)}\nKept as profile ${defaults.profileName} in ${profilesFile()}.`)
}

/** `nightbill logout` */
export function addLogoutCommand(program: Command, defaults: ClientDefaults): void {
  program
    .command('logout')
    .description('forget the key that login keeps; it stays in force')
    .option('--profile <name>', 'the profile to forget')
    .addHelpText('after', '\nExample:\n  $ nightbill logout --profile live')
    .action(() => {
      const { [defaults.profileName]: gone, ...others } = readProfiles()
      if (!gone) {
        process.exitCode = sayError(new CommandError(`nobody is signed in as profile ${defaults.profileName}`))
        return
      }
      writeProfiles(others)
      console.log(`The key for ${gone.url} is forgotten here. It stays in force until it is revoked.`)
    })
}

/** `nightbill whoami` */
export function addWhoamiCommand(program: Command, defaults: ClientDefaults): void {
  addClientCommand(program, 'whoami', 'the key that the commands use, and what it may do', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill whoami')
    .action((_options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, url, show }) => {
        show(await client.getMe(), (me) => meText(me, url))
      }),
    )
}

/** `nightbill config` */
export function addConfigCommand(program: Command, defaults: ClientDefaults): void {
  program
    .command('config')
    .description('where the commands go, and from where they have the key')
    .option('--profile <name>', 'the profile to look at')
    .addHelpText(
      'after',
      '\nA profile is chosen by --profile or NIGHTBILL_PROFILE; --url, NIGHTBILL_URL and NIGHTBILL_API_KEY go before the default one.\n\nExample:\n  $ nightbill config',
    )
    .action(() => {
      const profiles = readProfiles()
      const kept = Object.entries(profiles).map(([name, { url }]) => {
        return `  ${name === defaults.profileName ? '*' : ' '} ${name}  ${url}`
      })
      const source = defaults.keyFor(defaults.url)?.source ?? 'none: nightbill login'
      console.log(
        [`service   ${defaults.url}`, `key       ${source}`, `profiles  ${profilesFile()}`, ...kept].join('\n'),
      )
    })
}

function meText({ name, keyId, scopes, expiresAt }: Me, url: string): string {
  const until = expiresAt === null ? '' : `, until ${expiresAt}`
  return printable(`Key ${name} (${keyId}) at ${url} may ${scopes.join(', ')}${until}.`)
}
