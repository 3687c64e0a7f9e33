import type { QueueKind, Servers } from '../servers.ts'
import { makeWork } from '../work/make-work.ts'
import { checkOutOldVersion, makeOldWork } from '../work/old-version.ts'
import { BILL_DATE, type Outcome, type Work, type WorkSize } from '../work/work.ts'
import type { Contestant } from './contestant.ts'
import { firstThing } from './contestants/first-thing.ts'
import { type FloorShape, floor, SHAPES, shapeName } from './contestants/floor.ts'
import { old, ours } from './contestants/service.ts'
import { stamp } from './contestants/stamp.ts'
import { type BillRunResult, measureBillRun } from './measure.ts'
import { rounded } from './rounded.ts'

export const CONTESTANTS = ['ours', 'floor', 'stamp', 'first-thing', 'old'] as const
export type ContestantName = (typeof CONTESTANTS)[number]

export type BillRunOptions = WorkSize & {
  readonly batch: number
  readonly workers: number
  readonly concurrency: number
  readonly queue: QueueKind
  readonly repeat: number
  readonly contestants: readonly ContestantName[]
  /** The floor's shape when it is known; otherwise all are tried, and the best takes part. */
  readonly floor: FloorShape | undefined
}

export type BillRunReport = {
  readonly accounts: number
  /** Pending, of each account. */
  readonly charges: number
  /** Months before in which every account was billed. */
  readonly history: number
  readonly floorShape: string | undefined
  /** One for each contestant and round, in the order in which they ran. */
  readonly results: readonly BillRunResult[]
  /** The floor's other shapes, once each. */
  readonly floorsTried: readonly BillRunResult[]
  /** What all of them made of it. */
  readonly outcome: Outcome
}

/** Makes the work and runs the contestants in turn, A B C A B C, each in a fresh copy of it, and proves that all of them bill the same. */
export async function benchBillRun(
  servers: Servers,
  options: BillRunOptions,
  say: (line: string) => void,
): Promise<BillRunReport> {
  const { accounts, charges, history, queue } = options
  const target = { ...options, billDate: BILL_DATE, redisUrl: queue === 'redis' ? servers.redisUrl : undefined }
  let outcome: Outcome = {}
  const run = async (contestant: Contestant) => {
    const measured = await measureBillRun(servers, contestant, target, outcome)
    outcome = measured.outcome
    const { accountsPerSecond, chargesPerSecond } = measured.result
    say(`${contestant.name}: ${rounded(accountsPerSecond)} accounts/s, ${rounded(chargesPerSecond)} charges/s`)
    return measured.result
  }

  say(`making the work: ${accounts} accounts with ${charges} charges each`)
  const work = await makeWork(servers, options)
  const tried = options.contestants.includes('floor') && options.floor === undefined ? await tryShapes(work, run) : []
  const shape = options.floor ?? tried.toSorted((a, b) => b.accountsPerSecond - a.accountsPerSecond)[0]?.shape
  const make: Record<ContestantName, () => Contestant | Promise<Contestant>> = {
    ours: () => ours(work),
    floor: () => floor(shape ?? SHAPES[0], work),
    stamp: () => stamp(work),
    'first-thing': () => firstThing(work),
    old: async () => {
      const version = await checkOutOldVersion()
      return old(await makeOldWork(servers, options, version), version)
    },
  }
  const contestants: Contestant[] = []
  for (const name of options.contestants) contestants.push(await make[name]())
  const results: BillRunResult[] = []
  for (let round = 0; round < options.repeat; round += 1) {
    for (const contestant of contestants) results.push(await run(contestant))
  }
  return {
    ...{ accounts, charges, history, results, outcome },
    floorShape: shape && shapeName(shape),
    floorsTried: tried.map(({ shape: _, ...result }) => result),
  }
}

async function tryShapes(work: Work, run: (contestant: Contestant) => Promise<BillRunResult>) {
  const tried: (BillRunResult & { shape: FloorShape })[] = []
  for (const shape of SHAPES) tried.push({ ...(await run(floor(shape, work))), shape })
  return tried
}
