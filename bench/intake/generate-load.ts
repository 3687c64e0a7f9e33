// Process entry: sends the load that its argument describes, and prints what came of it as JSON.
import { Agent } from 'node:http'
import { percentile } from '../percentile.ts'
import { chargeBody, creditBody } from './bodies.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { post } from './post.ts'

const plan: LoadPlan = JSON.parse(process.argv[2] ?? '')
const { connections, what, each, accounts, apiKey, name = 'load' } = plan
const { count: maxCount = Number.POSITIVE_INFINITY, seconds: maxSeconds = Number.POSITIVE_INFINITY } = plan.max
const agent = new Agent({ keepAlive: true, maxSockets: connections })

type Answer = { readonly accepted?: readonly unknown[]; readonly charges?: readonly unknown[] }
const upFrom = <T>(first: number, make: (n: number) => T) =>
  Array.from({ length: each }, (_, index) => make(first + index))
const credit = (n: number) => creditBody(n, accounts)
const charge = (n: number) => chargeBody(n, accounts, name)
const LOADS = {
  credit: { path: '/v1/credits', body: credit, accepted: () => 1 },
  credits: {
    path: '/v1/credits/batch',
    body: (first: number) => ({ credits: upFrom(first, credit) }),
    accepted: ({ accepted }: Answer) => accepted?.length,
  },
  charges: {
    path: '/v1/charges',
    body: (first: number) => ({ charges: upFrom(first, charge) }),
    accepted: ({ charges }: Answer) => charges?.length,
  },
} as const
const { path, body, accepted } = LOADS[what]
const url = new URL(path, plan.url)

let sent = 0
const answers: number[] = []
const begun = performance.now()
const deadline = begun + maxSeconds * 1_000
const send = async () => {
  while (sent < maxCount && performance.now() < deadline) {
    const text = JSON.stringify(body(sent))
    sent += each
    const from = performance.now()
    const answer = await post(agent, url, apiKey, text)
    answers.push(performance.now() - from)
    if (accepted(JSON.parse(answer)) !== each) throw new Error(`not all accepted: ${answer}`)
  }
}
await Promise.all(Array.from({ length: connections }, send))
const seconds = (performance.now() - begun) / 1_000
agent.destroy()
const result: LoadResult = {
  count: sent,
  seconds,
  perSecond: sent / seconds,
  requestsPerSecond: answers.length / seconds,
  answer: { median: percentile(answers, 0.5), p95: percentile(answers, 0.95) },
}
process.stdout.write(JSON.stringify(result))
