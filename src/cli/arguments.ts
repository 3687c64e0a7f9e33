/** Other names of subcommands, as other tools have them, and what they may mean here. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  ls: ['list'],
  get: ['show'],
  rm: ['delete', 'remove', 'revoke'],
}

export type Arguments = {
  readonly args: readonly string[]
  /** False with --no-color. */
  readonly colour: boolean
  /** The value of --profile. */
  readonly profile: string | undefined
}

/**
 * What commander cannot say: `--no-color` anywhere, `--json=fields` beside `--json` (an optional value would swallow the argument that
 * follows), the plural of a noun, and `start` for `serve`. The profile is needed before a command is loaded. Nothing after `--` is touched.
 */
export function readArguments(given: readonly string[], isCommand: (name: string) => boolean): Arguments {
  const end = given.includes('--') ? given.indexOf('--') : given.length
  const options = given.slice(0, end)
  const [name, ...rest] = options
    .filter((arg) => arg !== '--no-color')
    .map((arg) => (arg.startsWith('--json=') ? `--json-fields=${arg.slice('--json='.length)}` : arg))
  const noun = name === undefined ? [] : [nounOf(name, isCommand)]
  return {
    args: [...noun, ...rest, ...given.slice(end)],
    colour: !options.includes('--no-color'),
    profile: profileOf(options),
  }
}

function profileOf(options: readonly string[]): string | undefined {
  const at = options.findLastIndex((arg) => arg === '--profile' || arg.startsWith('--profile='))
  return options[at] === '--profile' ? options[at + 1] : options[at]?.slice('--profile='.length)
}

function nounOf(name: string, isCommand: (name: string) => boolean): string {
  if (name === 'start') return 'serve'
  const singular = name.endsWith('s') ? name.slice(0, -1) : name
  return !isCommand(name) && isCommand(singular) ? singular : name
}

/** The verb that a subcommand's other name means among these: `rm` is `delete` for a credit, and `revoke` for a key. */
export function verbOf(verb: string | undefined, known: readonly string[]): string | undefined {
  if (verb === undefined || known.includes(verb)) return verb
  return VERBS[verb]?.find((one) => known.includes(one)) ?? verb
}
