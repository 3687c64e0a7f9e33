import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { newId } from '../db/new-id.ts'
import type { Api } from './context.ts'
import { handleError, unreadableAnswer } from './errors.ts'

/** An HTTP server without routes, strict with what it is sent: nothing is coerced, and unknown fields are refused. */
export function openServer(config: Config, log: Logger): Api {
  return fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    trustProxy: config.TRUST_PROXY ?? false,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    return503OnClosing: true,
    routerOptions: { maxParamLength: 100 },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        strict: false,
        // So that a complaint can quote how a value is described.
        verbose: true,
      },
    },
    // What cannot even be read as HTTP, does not arrive in time, or has no readable address is answered as everything else.
    clientErrorHandler: (error, socket) => void (socket.writable && socket.end(unreadableAnswer(error.code))),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      handleError(error, request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
}
