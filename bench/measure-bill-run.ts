import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant, Target } from './contestant.ts'
import { type CpuTime, cpuTime } from './cpu-time.ts'
import { cloneDatabase, connected, dropDatabase } from './database.ts'
import { proveReconciled } from './prove-reconciled.ts'
import type { Servers } from './servers.ts'

export type BillRunResult = {
  readonly contestant: string
  readonly seconds: number
  readonly accountsPerSecond: number
  /** CPU time, in µs an account. */
  readonly cpu: CpuTime
  readonly walBytesPerAccount: number
  readonly peakMemoryMb?: number
}

/**
 * Has one contestant bill the work of a template, in a copy of its own, and proves the outcome: reconciled, and to the last account
 * the same as `expected`, what an earlier contestant made of it. Returns what it made of it, too.
 */
export async function measureBillRun(
  servers: Servers,
  template: string,
  contestant: Contestant,
  target: Omit<Target, 'databaseUrl'>,
  expected: string | undefined,
): Promise<{ readonly result: BillRunResult; readonly outcome: string }> {
  const databaseUrl = await cloneDatabase(servers, template, 'contest')
  const started = await contestant.start({ ...target, databaseUrl })
  let stopped: Awaited<ReturnType<typeof started.stop>> = {}
  let measured: Omit<BillRunResult, 'contestant' | 'peakMemoryMb'>
  try {
    measured = await measure(databaseUrl, target.accounts, started.bill)
  } finally {
    stopped = await started.stop()
  }
  const outcome = await prove(databaseUrl, contestant.name, expected)
  await dropDatabase(servers.postgresUrl, 'contest')
  return { result: { contestant: contestant.name, ...measured, ...stopped }, outcome }
}

async function measure(databaseUrl: string, accounts: number, bill: () => Promise<void>) {
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

async function prove(databaseUrl: string, name: string, expected: string | undefined): Promise<string> {
  await proveReconciled(databaseUrl, name)
  const checksum = await readFile(join(import.meta.dirname, 'checksum.sql'), 'utf8')
  const { rows } = await connected(databaseUrl, (client) => client.query(checksum))
  const outcome = JSON.stringify(rows[0], null, 2)
  if (expected !== undefined && outcome !== expected)
    throw new Error(`${name} billed otherwise: ${outcome}\nnot ${expected}`)
  return outcome
}
