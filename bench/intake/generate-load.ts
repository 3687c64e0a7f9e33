// Process entry: sends the load that its argument describes, and prints what came of it as JSON.
import { Agent } from 'node:http'
import { creditBody } from './credit-body.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { percentile } from './percentile.ts'
import { post } from './post.ts'

const plan: LoadPlan = JSON.parse(process.argv[2] ?? '')
const { connections, creditsPerRequest: each, accounts, apiKey } = plan
const { credits: mostCredits = Number.POSITIVE_INFINITY, seconds: mostSeconds = Number.POSITIVE_INFINITY } = plan.most
const url = new URL(each === 1 ? '/v1/credits' : '/v1/credits/batch', plan.url)
const agent = new Agent({ keepAlive: true, maxSockets: connections })

const bodyFrom = (first: number) =>
  each === 1
    ? JSON.stringify(creditBody(first, accounts))
    : JSON.stringify({ credits: Array.from({ length: each }, (_, index) => creditBody(first + index, accounts)) })

let sent = 0
const answers: number[] = []
const begun = performance.now()
const deadline = begun + mostSeconds * 1_000
const send = async () => {
  while (sent < mostCredits && performance.now() < deadline) {
    const body = bodyFrom(sent)
    sent += each
    const from = performance.now()
    const text = await post(agent, url, apiKey, body)
    answers.push(performance.now() - from)
    if (each > 1 && JSON.parse(text).accepted.length !== each) throw new Error(`not all accepted: ${text}`)
  }
}
await Promise.all(Array.from({ length: connections }, send))
const seconds = (performance.now() - begun) / 1_000
agent.destroy()
const result: LoadResult = {
  credits: sent,
  seconds,
  creditsPerSecond: sent / seconds,
  requestsPerSecond: answers.length / seconds,
  answer: { median: percentile(answers, 0.5), p95: percentile(answers, 0.95) },
}
process.stdout.write(JSON.stringify(result))
