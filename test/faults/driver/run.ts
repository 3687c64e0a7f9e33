// The seeded fault driver: `node test/faults/driver/run.ts --help`.
import { writeFileSync } from 'node:fs'
import { corruptACopy } from './corruption.ts'
import { openDice } from './dice.ts'
import { type Options, readOptions } from './options.ts'
import { playSeed } from './play-seed.ts'
import { printFailure, printSeed } from './print.ts'
import { type PostgresServer, type RedisServer, startOwnRedis, startPostgres } from './servers.ts'
import { type BackendKind, openStack, type Stack } from './stack.ts'
import { openSummary, printSummary } from './summary.ts'
import { openTroubles } from './troubles.ts'

/** What a seed and the end of a stack may still need of the time, in ms. */
const SEED_MS = 20_000
const END_MS = 8_000
/** A stack's database is given up after so many seeds: what proves everything takes ever longer on what grows. */
const SEEDS_A_STACK = 10

type Servers = { readonly postgres: PostgresServer; readonly redis: RedisServer }

const options = readOptions(process.argv.slice(2))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
// The short form begins somewhere else each time, so that the days see more than one day can; its lines say where.
const first = options.seed ?? (options.seeds === undefined ? Math.floor(Math.random() * 1_000_000) : 1)
const summary = openSummary()
const servers = { postgres: await startPostgres(), redis: await startOwnRedis() }
try {
  for (const [index, kind] of options.backends.entries()) await playBackend(kind, servers, deadlineOf(options, index))
} finally {
  await servers.redis.close()
  await servers.postgres.close()
}
printSummary(summary)
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(summary.asJson(), null, 2)}\n`)
process.exit(summary.failed() > 0 ? 1 : 0)

/** When the seeds on this backend have to be over: each has its share of what is left. */
function deadlineOf({ minutes, backends }: Options, index: number): number {
  if (minutes === undefined) return Number.POSITIVE_INFINITY
  const left = minutes * 60_000 - performance.now()
  return performance.now() + left / (backends.length - index)
}

async function playBackend(kind: BackendKind, { postgres, redis }: Servers, deadline: number): Promise<void> {
  const troubles = openTroubles()
  let stack: Stack | undefined
  let played = 0
  for (const seed of seeds()) {
    if (performance.now() + SEED_MS + END_MS > deadline && summary.played(kind) > 0) break
    stack ??= await openStack(kind, postgres, redis, troubles)
    const report = await playSeed(stack, troubles, { seed, onlyFault: options.fault, manyCharges: options.charges })
    played += 1
    for (const { name, peakMb } of stack.processes) summary.peak(name, peakMb())
    summary.add(kind, report)
    printSeed(stack, report)
    if (report.failures.length > 0) {
      printFailure(stack, report, options.fault === undefined ? [] : ['--fault', options.fault])
      // What is broken must not break the seeds that follow.
      await stack.close()
      stack = undefined
    } else if (played % SEEDS_A_STACK === 0) {
      await corruptAndClose(stack, seed)
      stack = undefined
    }
  }
  if (stack) await corruptAndClose(stack, first)
}

/** Corruptions end a stack: what they break is a copy of all that its seeds have made. */
async function corruptAndClose(stack: Stack, seed: number): Promise<void> {
  await stack.stopProcesses()
  summary.corruption(await corruptACopy(stack, openDice(seed, 'corruption')))
  await stack.close()
}

/** From the first one up, as many as were asked for, or without end. */
function* seeds(): Generator<number> {
  for (let count = 0; count < (options.seeds ?? Number.POSITIVE_INFINITY); count += 1) yield first + count
}
