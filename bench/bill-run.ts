import type { Contestant } from './contestant.ts'
import { firstThing } from './contestants/first-thing.ts'
import { type FloorShape, floor, shapeName } from './contestants/floor.ts'
import { ours } from './contestants/ours.ts'
import { BILL_DATE, dropWork, makeWork } from './make-work.ts'
import { type BillRunResult, measureBillRun } from './measure-bill-run.ts'
import type { QueueKind, Servers } from './servers.ts'

export type BillRunOptions = {
  readonly accounts: number
  /** Billed before the clock starts. */
  readonly warmUp: number
  readonly batch: number
  readonly workers: number
  readonly concurrency: number
  readonly queue: QueueKind
  readonly repeat: number
  /** Of `ours`, `floor` and `first-thing`. */
  readonly contestants: readonly string[]
  /** The floor's shape when it is known; otherwise all are tried, and the best takes part. */
  readonly floorShape: FloorShape | undefined
}

export type BillRunReport = {
  readonly accounts: number
  readonly floorShape: string | undefined
  /** One for each contestant and round, in the order in which they ran. */
  readonly results: readonly BillRunResult[]
  /** The floor's other shapes, once each. */
  readonly floorsTried: readonly BillRunResult[]
  /** What all of them made of it. */
  readonly outcome: unknown
}

const EVERYTHING: FloorShape = { chunk: Number.POSITIVE_INFINITY, connections: 1 }
const SHAPES: readonly FloorShape[] = [200, 500, 1_000, 2_000, 5_000].flatMap((chunk) =>
  [1, 2, 3, 4].map((connections) => ({ chunk, connections })),
)

/** Runs the contestants in turn, A B A B, each in a fresh copy of the same work, and proves that all of them bill the same. */
export async function benchBillRun(
  servers: Servers,
  options: BillRunOptions,
  say: (line: string) => void,
): Promise<BillRunReport> {
  const { accounts, queue, warmUp } = options
  say(`making the work for ${accounts} accounts`)
  const template = await makeWork(servers, accounts, warmUp)
  const target = {
    redisUrl: queue === 'redis' ? servers.redisUrl : undefined,
    queue,
    accounts,
    warmUpAccounts: warmUp,
    billDate: BILL_DATE,
    batch: options.batch,
    workers: options.workers,
    concurrency: options.concurrency,
  }
  let outcome: string | undefined
  const run = async (contestant: Contestant) => {
    const measured = await measureBillRun(servers, template, contestant, target, outcome)
    outcome = measured.outcome
    say(`${contestant.name}: ${Math.round(measured.result.accountsPerSecond)} accounts/s, reconciled`)
    return measured.result
  }

  const floorsTried: BillRunResult[] = []
  let shape = options.floorShape
  if (options.contestants.includes('floor') && shape === undefined) {
    for (const tried of [EVERYTHING, ...SHAPES]) floorsTried.push(await run(floor(tried)))
    const best = floorsTried.toSorted((a, b) => b.accountsPerSecond - a.accountsPerSecond)[0]
    shape = [EVERYTHING, ...SHAPES].find((tried) => shapeName(tried) === best?.contestant)
  }
  const contestants = [
    ...(options.contestants.includes('ours') ? [ours] : []),
    ...(shape && options.contestants.includes('floor') ? [floor(shape)] : []),
    ...(options.contestants.includes('first-thing') ? [firstThing] : []),
  ]
  const results: BillRunResult[] = []
  for (let round = 0; round < options.repeat; round += 1) {
    for (const contestant of contestants) results.push(await run(contestant))
  }
  await dropWork(servers.postgresUrl, template)
  return {
    accounts,
    floorShape: shape && shapeName(shape),
    results,
    floorsTried,
    outcome: outcome === undefined ? undefined : JSON.parse(outcome),
  }
}
