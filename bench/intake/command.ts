import type { Command } from 'commander'
import { addCommonOptions, type CommonOptions, count, measuring, say } from '../measuring.ts'
import { benchIntake } from './bench-intake.ts'
import { printIntake } from './print.ts'

type Options = CommonOptions & { readonly seconds: number; readonly repeat: number }

/** `npm run bench -- intake` */
export function addIntakeCommand(program: Command): void {
  const command = program
    .command('intake')
    .description('credits against a route that only adds to a queue, charges against SQL that writes the same rows')
    .option('--seconds <n>', 'how long one load lasts', count, 8)
    .option('--repeat <n>', 'rounds', count, 2)
  addCommonOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  npm run bench -- intake --queue redis --seconds 4 --repeat 3 --json bench/results/intake-redis.json`,
    )
    .action(async (options: Options) => {
      const { seconds, repeat } = options
      const report = await measuring('intake', options, (servers) => benchIntake(servers, { seconds, repeat }, say))
      console.log(`\nLoads of ${seconds} s; medians of ${repeat}; all that was accepted is there, and reconciled\n`)
      console.log(printIntake(report))
    })
}
