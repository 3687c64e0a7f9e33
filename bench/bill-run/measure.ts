import { type CpuTime, cpuTime } from '../cpu-time.ts'
import { cloneDatabase, connected, dropDatabase, withDatabase } from '../database.ts'
import type { Servers } from '../servers.ts'
import type { Outcome } from '../work/work.ts'
import type { Contestant, Target } from './contestant.ts'

export type BillRunResult = {
  readonly contestant: string
  readonly seconds: number
  readonly accountsPerSecond: number
  readonly chargesPerSecond: number
  /** CPU time, in µs an account. */
  readonly cpu: CpuTime
  readonly walBytesPerAccount: number
  readonly peakMemoryMb?: number
}

/** The name of the database in which a contestant bills. */
const CONTEST = 'contest'

/**
 * Has one contestant bill its work, in a copy of its own, and proves the outcome: reconciled, and the same as `expected`, what the others
 * made of theirs, in all figures that both have. Gives all that is known of the outcome by then.
 */
export async function measureBillRun(
  servers: Servers,
  contestant: Contestant,
  target: Omit<Target, 'databaseUrl'>,
  expected: Outcome,
): Promise<{ readonly result: BillRunResult; readonly outcome: Outcome }> {
  const { name, work } = contestant
  await cloneDatabase(servers.postgresUrl, work.template, CONTEST)
  const databaseUrl = withDatabase(work.loginUrl, CONTEST)
  const started = await contestant.start({ ...target, databaseUrl })
  let stopped: Awaited<ReturnType<typeof started.stop>> = {}
  let measured: Omit<BillRunResult, 'contestant' | 'peakMemoryMb'>
  try {
    measured = await measure(databaseUrl, target, started.bill)
  } finally {
    stopped = await started.stop()
  }
  const outcome = await (contestant.prove ?? work.prove)(databaseUrl, name)
  const different = Object.keys(outcome).filter((key) => key in expected && outcome[key] !== expected[key])
  if (different.length > 0) {
    const figures = different.map((key) => `${key} ${outcome[key]}, not ${expected[key]}`)
    throw new Error(`${name} billed otherwise: ${figures.join('; ')}`)
  }
  await dropDatabase(servers.postgresUrl, CONTEST)
  return { result: { contestant: name, ...measured, ...stopped }, outcome: { ...expected, ...outcome } }
}

async function measure(
  databaseUrl: string,
  { accounts, charges }: Pick<Target, 'accounts' | 'charges'>,
  bill: () => Promise<void>,
) {
  const walBefore = await walPosition(databaseUrl)
  const cpuBefore = await cpuTime()
  const begun = performance.now()
  await bill()
  const seconds = (performance.now() - begun) / 1_000
  const cpu = await cpuTime()
  const each = (kind: keyof CpuTime) => Math.round(((cpu[kind] - cpuBefore[kind]) * 1_000) / accounts)
  return {
    seconds,
    accountsPerSecond: accounts / seconds,
    chargesPerSecond: (accounts * charges) / seconds,
    cpu: { postgres: each('postgres'), redis: each('redis'), node: each('node') },
    walBytesPerAccount: Math.round(((await walPosition(databaseUrl)) - walBefore) / accounts),
  }
}

async function walPosition(databaseUrl: string): Promise<number> {
  const { rows } = await connected(databaseUrl, (client) =>
    client.query<{ bytes: string }>(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes`),
  )
  return Number(rows[0]?.bytes)
}
