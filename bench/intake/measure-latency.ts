import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { percentile } from '../percentile.ts'
import { creditBody } from './bodies.ts'
import { post } from './post.ts'
import type { IntakeService } from './service.ts'

/** In ms, from sending the request until another connection sees the credit pending. */
export type Latency = { readonly probes: number; readonly median: number; readonly p95: number }

const PAUSE_MS = 20

/** Probes one after the other, with a pause between, so that each finds the service at rest. */
export async function measureLatency(
  service: IntakeService,
  client: pg.Client,
  accounts: number,
  probes: number,
): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const url = new URL('/v1/credits', service.url)
  const pending = { name: 'pending', text: `select from credit where id = $1 and status = 'pending'` }
  const latencies: number[] = []
  for (let probe = 0; probe < probes; probe += 1) {
    await sleep(PAUSE_MS)
    const begun = performance.now()
    const answer = await post(agent, url, service.apiKey, JSON.stringify(creditBody(probe, accounts)))
    const values = [JSON.parse(answer).creditId]
    while ((await client.query({ ...pending, values })).rowCount === 0) await sleep(1)
    latencies.push(performance.now() - begun)
  }
  agent.destroy()
  return { probes, median: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) }
}
