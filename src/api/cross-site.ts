import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { Refusal } from '../problems.ts'
import { sendRefusal } from './errors.ts'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Refuses a request that changes something and that another site made a browser send. Such a request carries what the browser knows, a password of the
 * dashboard for one, and without a body it needs nobody's leave. Callers that are no browsers send neither header.
 */
export const refuseOtherSites: onRequestAsyncHookHandler = async (request, reply) => {
  if (SAFE.has(request.method) || !isFromOtherSite(request)) return
  const detail = 'a browser may change something only from a page of this service itself'
  return sendRefusal(reply, new Refusal('cross_site_request', detail))
}

/**
 * Refuses a change that comes with a browser's session unless the browser says that a page of this service itself asks for it. A cookie is sent
 * whoever makes the browser send it, so that silence is not enough here. Throws a Refusal `cross_site_request`.
 */
export function requireOwnPage({ method, headers, host }: FastifyRequest): void {
  if (SAFE.has(method)) return
  const { origin, 'sec-fetch-site': site } = headers
  const isOwn = site === undefined ? isOwnOrigin(origin, host) : site === 'same-origin'
  if (!isOwn)
    throw new Refusal('cross_site_request', 'with a session, only a page of this service itself may change something')
}

/** By what the browser says of itself, which no page can set; older ones say only where the page comes from. */
function isFromOtherSite({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  return origin !== undefined && !isOwnOrigin(origin, host)
}

const isOwnOrigin = (origin: string | undefined, host: string) =>
  origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
