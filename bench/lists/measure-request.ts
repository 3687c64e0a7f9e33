import { percentile } from '../percentile.ts'

export type MeasuredRequest = {
  readonly what: string
  /** Of one after the other, in ms. */
  readonly median: number
  readonly p95: number
}

export type Api = { readonly url: string; readonly apiKey: string }

/** One that comes first and does not count, so that statements are prepared and pages are in memory. */
const WARM_UP = 2

/** Asks the API for the same so many times, one after the other, and gives the last answer too. Throws unless each is a 200. */
export async function measureRequest(
  { url, apiKey }: Api,
  { what, path, body }: { readonly what: string; readonly path: string; readonly body?: object },
  times: number,
): Promise<MeasuredRequest & { readonly answer: unknown }> {
  const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' }
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
  const ms: number[] = []
  let text = ''
  for (let time = 0; time < WARM_UP + times; time += 1) {
    const begun = performance.now()
    const response = await fetch(`${url}${path}`, init)
    text = await response.text()
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`)
    if (time >= WARM_UP) ms.push(performance.now() - begun)
  }
  return { what, median: percentile(ms, 0.5), p95: percentile(ms, 0.95), answer: JSON.parse(text) }
}
