import type pg from 'pg'
import { allCarriedOut } from './credits-queued.ts'
import { type LoadPlan, type MeasuredLoad, sendLoad } from './load.ts'
import type { IntakeService } from './service.ts'

export type CarriedOut = {
  readonly accepted: MeasuredLoad
  readonly seconds: number
  readonly creditsPerSecond: number
}

/** Fills the queue while the worker is held back, then lets it go: from that moment until the last credit is pending. */
export async function measureCarryingOut(
  { queue }: IntakeService,
  client: pg.Client,
  plan: LoadPlan,
): Promise<CarriedOut> {
  await queue.pause()
  const accepted = await sendLoad(plan)
  const begun = performance.now()
  await queue.resume()
  await allCarriedOut(client)
  const seconds = (performance.now() - begun) / 1_000
  return { accepted, seconds, creditsPerSecond: accepted.credits / seconds }
}
