import type { FastifyRequest } from 'fastify'

/** Whether the browser says that a page of this service itself sent the form. Nobody needs a session to be made to sign in as somebody else. */
export function isOwnPage({ headers, host }: FastifyRequest): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}
