import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Notice } from './visit.ts'

const NAME = 'nightbill-notice'
const MAX_AGE_SECONDS = 60
const TONES = ['ok', 'warn', 'bad']

/** Keeps a notice for the next page. */
export function putNotice(reply: FastifyReply, notice: Notice): void {
  const value = Buffer.from(JSON.stringify(notice)).toString('base64url')
  reply.setCookie(NAME, value, { path: '/', httpOnly: true, sameSite: 'lax', maxAge: MAX_AGE_SECONDS })
}

/** Takes the notice that the page before has left, if any: it is said once. */
export function takeNotice(request: FastifyRequest, reply: FastifyReply): Notice | undefined {
  const value = request.cookies[NAME]
  if (value === undefined) return undefined
  reply.clearCookie(NAME, { path: '/' })
  try {
    const notice = JSON.parse(Buffer.from(value, 'base64url').toString()) as Notice
    return TONES.includes(notice.tone) && typeof notice.strong === 'string' ? notice : undefined
  } catch {
    return undefined
  }
}
