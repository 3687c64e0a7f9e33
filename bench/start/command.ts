import type { Command } from 'commander'
import { addJsonOption, count, type JsonOption, measuring, say } from '../measuring.ts'
import { benchStart } from './bench-start.ts'
import { printStart } from './print.ts'

type Options = JsonOption & { readonly repeat: number }

/** `npm run bench -- start` */
export function addStartCommand(program: Command): void {
  const command = program
    .command('start')
    .description('the embedded default: how it starts, its memory at rest, a process that is killed, and commands')
    .option('--repeat <n>', 'starts after the first, and times that each process is killed', count, 5)
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Memory and CPU time are read from /proc: on Linux only.

Examples:
  npm run bench -- start --repeat 5 --json bench/results/start.json`,
    )
    .action(async (options: Options) => {
      const report = await measuring('start', { ...options, queue: 'postgres' }, () => benchStart(options.repeat, say))
      console.log(`\nMedians of ${options.repeat}\n`)
      console.log(printStart(report))
    })
}
