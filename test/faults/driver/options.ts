import { Command, InvalidArgumentError, Option } from 'commander'
import { FAULTS } from './faults/table.ts'
import type { BackendKind } from './stack.ts'

export type Options = {
  readonly seeds: number | undefined
  readonly seed: number | undefined
  readonly fault: string | undefined
  readonly backends: readonly BackendKind[]
  readonly minutes: number | undefined
  readonly charges: number
  readonly json: string | undefined
}

const SHORT_FORM_MINUTES = 3

/** Reads the command line; prints the help and ends the process when it is asked for, or when an option is wrong. */
export function readOptions(args: readonly string[]): Options {
  const ids = [...new Set(FAULTS.map(({ id }) => id))]
  const program = new Command('test/faults/driver/run.ts')
    .description(
      `Random work through the real API and command line, against a plain model, on real processes, while faults are injected.
Without options: the short form, as many seeds as fit in ${SHORT_FORM_MINUTES} minutes on both backends.`,
    )
    .option('--seeds <count>', 'play so many seeds on each backend, from 1 or from --seed up', count)
    .option(
      '--seed <seed>',
      'play this one alone, as to see a failure again; with --seeds or --minutes, from this one up',
      count,
    )
    .addOption(new Option('--fault <id>', 'inject this fault alone').choices(ids))
    .addOption(
      new Option('--backend <kind>', 'where the queue is').choices(['postgres', 'redis', 'both']).default('both'),
    )
    .option('--minutes <minutes>', 'begin no seed that would not fit in so many minutes', minutes)
    .option('--charges <count>', 'how many charges the account of F20 has', count, 100_000)
    .option('--json <file>', 'write the summary there')
    .addHelpText(
      'after',
      `
The same seed gives the same operations, amounts and faults. How processes interleave cannot be had again exactly: a failure may
need some tries. Exit code 1 when a seed failed.

Examples:
  $ node test/faults/driver/run.ts --seeds 50
  $ node test/faults/driver/run.ts --seed 4711 --backend redis
  $ node test/faults/driver/run.ts --fault F6 --minutes 10`,
    )
  const given = program.parse([...args], { from: 'user' }).opts<{
    seeds?: number
    seed?: number
    fault?: string
    backend: BackendKind | 'both'
    minutes?: number
    charges: number
    json?: string
  }>()
  const unbounded = given.seeds === undefined && given.seed === undefined
  return {
    seeds: given.seeds ?? (given.seed !== undefined && given.minutes === undefined ? 1 : undefined),
    seed: given.seed,
    fault: given.fault,
    backends: given.backend === 'both' ? ['postgres', 'redis'] : [given.backend],
    minutes: given.minutes ?? (unbounded ? SHORT_FORM_MINUTES : undefined),
    charges: given.charges,
    json: given.json,
  }
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number of at least 1')
  return value
}

function minutes(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('must be a number of minutes above 0')
  return value
}
