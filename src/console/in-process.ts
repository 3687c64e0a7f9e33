import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** The address of the API for calls within the process; it is never looked up. */
export const IN_PROCESS_URL = 'http://nightbill'

/** What of a browser's request goes on to the API: who it is by, and what the browser says of where it comes from. */
const FORWARDED = ['cookie', 'origin', 'sec-fetch-site', 'user-agent'] as const

/**
 * A `fetch` that asks the API in this process, on behalf of a browser's request. There is no socket and no back door: the API checks key, scope,
 * origin and rate limit as for any caller. Streams come piece by piece; aborting a call ends it.
 */
export function inProcessFetch(app: FastifyInstance, browser: FastifyRequest): typeof fetch {
  const forwarded = Object.fromEntries(
    FORWARDED.flatMap((name) => (browser.headers[name] === undefined ? [] : [[name, browser.headers[name] as string]])),
  )
  return async (input, init = {}) => {
    const url = new URL(String(input))
    const answer = await app.inject({
      method: (init.method ?? 'GET') as 'GET',
      url: `${url.pathname}${url.search}`,
      headers: { ...forwarded, host: browser.host, ...(init.headers as Record<string, string>) },
      remoteAddress: browser.ip,
      payloadAsStream: true,
      ...(typeof init.body === 'string' ? { payload: init.body } : {}),
      ...(init.signal ? { signal: init.signal } : {}),
    })
    const headers = new Headers()
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers.set(name, String(value))
    }
    const isEmpty = answer.statusCode === 204 || answer.statusCode === 304
    const stream = answer.stream()
    if (isEmpty) stream.resume()
    return new Response(isEmpty ? null : (Readable.toWeb(stream) as ReadableStream), {
      status: answer.statusCode,
      headers,
    })
  }
}
