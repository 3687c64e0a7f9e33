import { cloneDatabase, openClient, withDatabase } from '../database.ts'
import type { Servers } from '../servers.ts'
import { makeWork } from '../work/make-work.ts'
import { proveReconciled } from '../work/prove-reconciled.ts'
import { type Bare, startBareService } from './bare-service.ts'
import { type Inserted, insertCharges } from './insert-charges.ts'
import { type LoadPlan, type MeasuredLoad, sendLoad } from './load.ts'
import { type CarriedOut, measureCarryingOut } from './measure-carrying-out.ts'
import { type Latency, measureLatency } from './measure-latency.ts'
import { allCarriedOut, proveAllCharged, proveAllPending } from './prove-accepted.ts'
import { type IntakeService, startIntakeService } from './service.ts'

export type IntakeOptions = {
  /** How long one load lasts. */
  readonly seconds: number
  readonly repeat: number
}

/** One result a round of each, in the order in which they ran. */
export type Accepted = {
  /** The same route with no durability, one credit a request. */
  readonly bare: MeasuredLoad[]
  /** Ours, with no worker beside it: like for like. */
  readonly single: MeasuredLoad[]
  readonly batches: MeasuredLoad[]
  readonly charges: MeasuredLoad[]
  /** The same charges by SQL alone. */
  readonly insertedCharges: Inserted[]
}

export type WithWorker = {
  /** One credit a request while a worker carries them out. */
  readonly singleBesideWorker: MeasuredLoad[]
  /** Accepted by one connection: each credit alone in its transaction and its wake-up. */
  readonly carriedOutAlone: CarriedOut[]
  /** Accepted one by one by 64 connections: those that arrive together share a transaction and a wake-up. */
  readonly carriedOutSingle: CarriedOut[]
  readonly carriedOutBatches: CarriedOut[]
}

export type IntakeReport = Accepted &
  WithWorker & {
    readonly latency: Latency
    /** Credits accepted in all; each was found pending at the end, and the books balanced. */
    readonly accepted: number
    /** Charges, likewise. */
    readonly charged: number
  }

const ACCOUNTS = 5_000
const SINGLY = { what: 'credit', each: 1, connections: 64 } as const
const IN_BATCHES = { what: 'credits', each: 1_000, connections: 4 } as const
const CHARGES = { what: 'charges', each: 1_000, connections: 4 } as const
const PROBES = 200
/** Credits, or charges, to each server before anything counts. */
const WARM_UP = 5_000

type Intake = {
  readonly databaseUrl: string
  readonly service: IntakeService
  readonly bare: Bare
  /** What was accepted so far. */
  readonly accepted: { credits: number; charges: number }
  readonly say: (line: string) => void
}

/** Measures how credits and charges come in: ours and its peers in turn, A B A B, then carrying out and the latency at rest. */
export async function benchIntake(
  { postgresUrl, redisUrl, ...servers }: Servers,
  { seconds, repeat }: IntakeOptions,
  say: (line: string) => void,
): Promise<IntakeReport> {
  say(`making ${ACCOUNTS} accounts`)
  const size = { accounts: ACCOUNTS, warmUpAccounts: 0, charges: 3, history: 0 }
  const { template, loginUrl } = await makeWork({ postgresUrl, redisUrl, ...servers }, size)
  await cloneDatabase(postgresUrl, template, 'intake')
  const databaseUrl = withDatabase(loginUrl, 'intake')
  const bare = await startBareService()
  const service = await startIntakeService(databaseUrl, redisUrl)
  const client = await openClient(databaseUrl)
  const intake: Intake = { databaseUrl, service, bare, say, accepted: { credits: 0, charges: 0 } }
  try {
    await warmUp(intake)
    const accepted = await measureAccepting(intake, seconds, repeat)
    say('carrying out what was accepted')
    await service.startWorker()
    await allCarriedOut(client)
    const withWorker = await measureWithWorker(intake, client, seconds, repeat)
    const latency = await measureLatency(service, client, ACCOUNTS, PROBES)
    await allCarriedOut(client)
    const { credits, charges } = intake.accepted
    await proveAllPending(client, credits + latency.probes)
    await proveAllCharged(client, charges)
    await service.stop()
    await proveReconciled(databaseUrl, 'intake')
    say(`${credits + latency.probes} credits accepted, all pending; ${charges} charges; reconciled`)
    return { ...accepted, ...withWorker, latency, accepted: credits + latency.probes, charged: charges }
  } finally {
    await service.stop()
    await bare.stop()
    await client.end()
  }
}

type Load = Pick<LoadPlan, 'what' | 'each' | 'connections' | 'max'>

async function load({ service, accepted, say }: Intake, what: string, plan: Load): Promise<MeasuredLoad> {
  const name = `load-${accepted.charges}`
  const result = await sendLoad({ url: service.url, apiKey: service.apiKey, accounts: ACCOUNTS, name, ...plan })
  accepted[plan.what === 'charges' ? 'charges' : 'credits'] += result.count
  say(`${what}: ${Math.round(result.perSecond)}/s`)
  return result
}

async function loadBare({ bare, say }: Intake, max: Load['max']): Promise<MeasuredLoad> {
  const result = await sendLoad({ url: bare.url, apiKey: bare.apiKey, accounts: ACCOUNTS, ...SINGLY, max })
  say(`bare route: ${Math.round(result.perSecond)}/s`)
  return result
}

async function insert({ databaseUrl, accepted, say }: Intake, max: Load['max']): Promise<Inserted> {
  const { each, connections } = CHARGES
  const name = `inserted-${accepted.charges}`
  const result = await insertCharges({ databaseUrl, connections, each, accounts: ACCOUNTS, name, max })
  accepted.charges += result.count
  say(`charges by SQL: ${Math.round(result.perSecond)}/s`)
  return result
}

async function warmUp(intake: Intake): Promise<void> {
  const max = { count: WARM_UP }
  await loadBare(intake, max)
  await load(intake, 'warm-up', { ...SINGLY, max })
  await load(intake, 'warm-up, batches', { ...IN_BATCHES, max })
  await load(intake, 'warm-up, charges', { ...CHARGES, max })
  await insert(intake, max)
}

async function measureAccepting(intake: Intake, seconds: number, repeat: number): Promise<Accepted> {
  const accepted: Accepted = { bare: [], single: [], batches: [], charges: [], insertedCharges: [] }
  // What comes in by the thousand is so much that half the time is enough.
  const half = { seconds: seconds / 2 }
  for (let round = 0; round < repeat; round += 1) {
    accepted.bare.push(await loadBare(intake, { seconds }))
    accepted.single.push(await load(intake, 'one by one', { ...SINGLY, max: { seconds } }))
    accepted.batches.push(await load(intake, 'in batches', { ...IN_BATCHES, max: half }))
    accepted.charges.push(await load(intake, 'charges', { ...CHARGES, max: half }))
    accepted.insertedCharges.push(await insert(intake, half))
  }
  return accepted
}

async function measureWithWorker(
  intake: Intake,
  client: Parameters<typeof allCarriedOut>[0],
  seconds: number,
  repeat: number,
): Promise<WithWorker> {
  const { service, accepted, say } = intake
  const carryOut = async (what: string, plan: Omit<Load, 'max'>, count: number) => {
    const at = { url: service.url, apiKey: service.apiKey, accounts: ACCOUNTS }
    const result = await measureCarryingOut(service, client, { ...at, ...plan, max: { count } })
    accepted.credits += result.accepted.count
    say(`carried out, ${what}: ${Math.round(result.perSecond)}/s`)
    return result
  }
  const measured: WithWorker = {
    singleBesideWorker: [],
    carriedOutAlone: [],
    carriedOutSingle: [],
    carriedOutBatches: [],
  }
  for (let round = 0; round < repeat; round += 1) {
    measured.singleBesideWorker.push(await load(intake, 'one by one, beside a worker', { ...SINGLY, max: { seconds } }))
    await allCarriedOut(client)
    measured.carriedOutAlone.push(await carryOut('alone', { ...SINGLY, connections: 1 }, 200 * seconds))
    measured.carriedOutSingle.push(await carryOut('one by one', SINGLY, 1_500 * seconds))
    measured.carriedOutBatches.push(await carryOut('in batches', IN_BATCHES, 5_000 * seconds))
  }
  return measured
}
