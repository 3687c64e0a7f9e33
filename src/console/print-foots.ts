import type { FastifyInstance } from 'fastify'
import { printFootCss } from './parts/print.ts'

/** Serves the stylesheets that number printed pages. There is nothing in them that is not in their address. */
export function servePrintFoots(scope: FastifyInstance): void {
  scope.get<{ Params: { title: string } }>(
    '/print/:title',
    { config: { isPublic: true, rateLimit: false }, schema: { hide: true } },
    (request, reply) => reply.type('text/css; charset=utf-8').send(printFootCss(request.params.title)),
  )
}
