import tab from '@bomb.sh/tab'
import { Argument, type Command } from 'commander'

/** `nightbill completion` */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish', 'powershell']))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(nightbill completion bash)
  $ nightbill completion fish > ~/.config/fish/completions/nightbill.fish`,
    )
    .action((shell: string) => tab.setup('nightbill', 'nightbill', shell))
}
