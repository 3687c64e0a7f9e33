import { cloneDatabase, dropDatabase, openClient } from './database.ts'
import { startBareService } from './intake/bare-service.ts'
import { allCarriedOut, proveAllPending } from './intake/credits-queued.ts'
import { type MeasuredLoad, sendLoad } from './intake/load.ts'
import { type CarriedOut, measureCarryingOut } from './intake/measure-carrying-out.ts'
import { type ColdStart, measureColdStart } from './intake/measure-cold-start.ts'
import { type Latency, measureLatency } from './intake/measure-latency.ts'
import { startIntakeService } from './intake/service.ts'
import { dropWork, makeWork } from './make-work.ts'
import { proveReconciled } from './prove-reconciled.ts'
import type { Servers } from './servers.ts'

export type IntakeOptions = {
  /** How long one load lasts. */
  readonly seconds: number
  readonly repeat: number
}

/** One result a round of each, in the order in which they ran. */
export type IntakeReport = {
  /** The same route with no durability, one credit a request. */
  readonly bare: readonly MeasuredLoad[]
  /** Ours, with no worker beside it: like for like. */
  readonly single: readonly MeasuredLoad[]
  readonly batches: readonly MeasuredLoad[]
  /** One credit a request while a worker carries them out. */
  readonly singleBesideWorker: readonly MeasuredLoad[]
  /** Accepted by one connection: each credit alone in its transaction and its wake-up. */
  readonly carriedOutAlone: readonly CarriedOut[]
  /** Accepted one by one by 64 connections: those that arrive together share a transaction and a wake-up. */
  readonly carriedOutSingle: readonly CarriedOut[]
  readonly carriedOutBatches: readonly CarriedOut[]
  readonly latency: Latency
  readonly coldStart: ColdStart
  /** Credits accepted in all; each was found pending at the end, and the books balanced. */
  readonly accepted: number
}

const ACCOUNTS = 5_000
const CONNECTIONS = 64
const BATCH = 1_000
const BATCH_CONNECTIONS = 4
const PROBES = 200
const COLD_STARTS = 5
/** Requests to each server before anything counts. */
const WARM_UP = 5_000

/** Measures how credits come in: ours and the bare route in turn, A B A B, then carrying out, latency at rest and the cold start. */
export async function benchIntake(
  servers: Servers,
  { seconds, repeat }: IntakeOptions,
  say: (line: string) => void,
): Promise<IntakeReport> {
  say(`making ${ACCOUNTS} accounts`)
  const template = await makeWork(servers, ACCOUNTS, 0)
  const databaseUrl = await cloneDatabase(servers, template, 'intake')
  const bareService = await startBareService()
  const service = await startIntakeService(databaseUrl, servers.redisUrl)
  const client = await openClient(databaseUrl)
  const at = ({ url, apiKey }: { readonly url: string; readonly apiKey: string }) => ({
    url,
    apiKey,
    accounts: ACCOUNTS,
  })
  const singly = { connections: CONNECTIONS, creditsPerRequest: 1 }
  const inBatches = { connections: BATCH_CONNECTIONS, creditsPerRequest: BATCH }
  let accepted = 0
  const load = async (what: string, plan: typeof singly, most: { credits?: number; seconds?: number }) => {
    const result = await sendLoad({ ...at(service), ...plan, most })
    accepted += result.credits
    say(`${what}: ${Math.round(result.creditsPerSecond)} credits/s`)
    return result
  }
  const carryOut = async (what: string, plan: typeof singly, credits: number) => {
    const result = await measureCarryingOut(service, client, { ...at(service), ...plan, most: { credits } })
    accepted += result.accepted.credits
    say(`carried out, ${what}: ${Math.round(result.creditsPerSecond)} credits/s`)
    return result
  }
  try {
    await sendLoad({ ...at(bareService), ...singly, most: { credits: WARM_UP } })
    await load('warm-up', singly, { credits: WARM_UP })
    await load('warm-up, batches', inBatches, { credits: WARM_UP })

    const bare: MeasuredLoad[] = []
    const single: MeasuredLoad[] = []
    const batches: MeasuredLoad[] = []
    for (let round = 0; round < repeat; round += 1) {
      bare.push(await sendLoad({ ...at(bareService), ...singly, most: { seconds } }))
      say(`bare route: ${Math.round(bare.at(-1)?.creditsPerSecond ?? 0)} credits/s`)
      single.push(await load('one by one', singly, { seconds }))
      // They are so many that half the time is enough.
      batches.push(await load('in batches', inBatches, { seconds: seconds / 2 }))
    }

    say('carrying out what was accepted')
    await service.startWorker()
    await allCarriedOut(client)

    const singleBesideWorker: MeasuredLoad[] = []
    const carriedOutAlone: CarriedOut[] = []
    const carriedOutSingle: CarriedOut[] = []
    const carriedOutBatches: CarriedOut[] = []
    for (let round = 0; round < repeat; round += 1) {
      singleBesideWorker.push(await load('one by one, beside a worker', singly, { seconds }))
      await allCarriedOut(client)
      carriedOutAlone.push(await carryOut('alone', { ...singly, connections: 1 }, 200 * seconds))
      carriedOutSingle.push(await carryOut('one by one', singly, 1_500 * seconds))
      carriedOutBatches.push(await carryOut('in batches', inBatches, 5_000 * seconds))
    }

    const latency = await measureLatency(service, client, ACCOUNTS, PROBES)
    accepted += latency.probes
    await allCarriedOut(client)
    await proveAllPending(client, accepted)
    await service.stop()
    await proveReconciled(databaseUrl, 'intake')
    say(`${accepted} credits accepted, all pending, reconciled`)
    const coldStart = await measureColdStart(COLD_STARTS)
    return {
      ...{ bare, single, batches, singleBesideWorker, carriedOutAlone, carriedOutSingle, carriedOutBatches },
      ...{ latency, coldStart, accepted },
    }
  } finally {
    await service.stop()
    await bareService.stop()
    await client.end()
    await dropDatabase(servers.postgresUrl, 'intake')
    await dropWork(servers.postgresUrl, template)
  }
}
