import type pg from 'pg'
import { type LoadPlan, type MeasuredLoad, sendLoad } from './load.ts'
import { allCarriedOut } from './prove-accepted.ts'
import type { IntakeService } from './service.ts'

export type CarriedOut = {
  readonly accepted: MeasuredLoad
  readonly seconds: number
  readonly perSecond: number
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
  return { accepted, seconds, perSecond: accepted.count / seconds }
}
