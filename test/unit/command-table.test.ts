import { Command } from 'commander'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { startProcess } from '../support/processes.ts'

const NO_DEFAULTS = {
  url: 'http://127.0.0.1:3000',
  keyFor: () => undefined,
  profileName: 'default',
  profile: undefined,
}

test.each(Object.entries(COMMANDS))(
  '%s is listed as it describes itself',
  async (name, { usage, description, load }) => {
    const program = new Command()
    const add = await load()
    add(program, NO_DEFAULTS)
    const [command] = program.commands as [Command]
    expect(program.commands).toHaveLength(1)
    expect(command.name()).toBe(name)
    expect({ usage, description }).toEqual({
      usage: program.createHelp().subcommandTerm(command),
      description: command.description(),
    })
  },
)

test.each([['--help'], ['-h'], ['help']])(
  'nightbill %s lists every command, also with settings that are wrong',
  async (flag) => {
    const help = startProcess(['bin/nightbill.js', flag], { PORT: 'none' })
    expect((await help.exited).code).toBe(0)
    for (const { usage } of Object.values(COMMANDS)) expect(help.stdout.join('\n')).toContain(`\n  ${usage} `)
  },
)

test('the help of one command is its own, and a command that there is not is named', async () => {
  const credit = startProcess(['bin/nightbill.js', 'help', 'credit'])
  expect((await credit.exited).code).toBe(0)
  expect(credit.stdout.join('\n')).toContain('disburse')
  const unknown = startProcess(['bin/nightbill.js', 'constructor'])
  expect((await unknown.exited).code).toBe(2)
  expect(unknown.stderr.join('\n')).toContain("unknown command 'constructor'")
})
