import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { errorCode, isDatabaseAway, isDatabaseBusy, isPoolBusy, OutcomeUnknown } from '../db/classify-error.ts'
import { type InputError, type ProblemCode, problemOf, Refusal } from '../problems.ts'

/** What the database says of a value that has the right form and that it cannot represent, such as a day in the year 0. */
const UNREPRESENTABLE: ReadonlySet<string> = new Set(['22P02', '22003', '22007', '22008'])

const BY_FASTIFY_CODE: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_body',
}

const AWAY: ReadonlySet<ProblemCode> = new Set(['database_away', 'outcome_unknown'])

/** Answers whatever was thrown with a problem document. What is not foreseen is logged, and told to nobody. */
export function handleError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error)
  if (refusal.code === 'internal_error') request.log.error({ err: error }, 'unforeseen error')
  if (AWAY.has(refusal.code)) request.log.warn({ err: error }, 'the database is away')
  return sendRefusal(reply, refusal)
}

export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const problem = problemOf(refusal)
  if (AWAY.has(problem.code)) reply.header('retry-after', '5')
  if (problem.code === 'request_in_flight' || problem.code === 'too_busy') reply.header('retry-after', '1')
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}

/** The answer to what cannot even be read as HTTP, as it goes over the wire. */
export function unreadableAnswer(errorCode: string | undefined): string {
  const problem = problemOf(
    errorCode === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new Refusal('request_timeout', 'the request did not arrive in time')
      : new Refusal('invalid_request', 'the request cannot be read as HTTP'),
  )
  const body = JSON.stringify(problem)
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}

/** How whatever was thrown is told to callers. */
export function refusalOf(error: FastifyError | Error): Refusal {
  if (error instanceof Refusal) return error
  if ('validation' in error && error.validation) {
    return invalidRequest(error.validation, error.validationContext)
  }
  if (error instanceof OutcomeUnknown) {
    const advice = 'repeat it with the same Idempotency-Key, or look whether it is there'
    return new Refusal('outcome_unknown', `${error.message}: ${advice}`)
  }
  if (isPoolBusy(error))
    return new Refusal('database_away', 'every connection to the database is in use; nothing was changed')
  if (isDatabaseAway(error)) return new Refusal('database_away', 'the database cannot be reached; nothing was changed')
  if (isDatabaseBusy(error)) {
    const message = 'the database was too busy: it took too long, or met other work, in every try; nothing was changed'
    return new Refusal('database_away', message)
  }
  if (UNREPRESENTABLE.has(errorCode(error) ?? '')) {
    const message = 'a value is none that can be stored'
    return new Refusal('invalid_request', message, [{ pointer: '', message }])
  }
  const known = BY_FASTIFY_CODE[errorCode(error) ?? '']
  if (known) return new Refusal(known, error.message)
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status === 429) return new Refusal('too_many_requests', error.message)
  if (status === 408) return new Refusal('request_timeout', error.message)
  if (status !== undefined && status >= 400 && status < 500) return new Refusal('invalid_request', error.message)
  return new Refusal(
    'internal_error',
    'something unforeseen went wrong; nothing was changed. The log says more, by the request id',
  )
}

type SchemaError = {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string
  readonly params: Record<string, unknown>
  /** The schema that complains, when the validator tells it. */
  readonly parentSchema?: Readonly<Record<string, unknown>> | undefined
}

/** The refusal of what a schema complains of. `context`: the part of the request, the body unless said. */
export function invalidRequest(complaints: readonly SchemaError[], context?: string): Refusal {
  const errors = complaints.map((one) => inputError(one, context))
  const detail = errors.slice(0, 3).map(({ pointer, message }) => `${pointer} ${message}`)
  return new Refusal('invalid_request', detail.join('; '), errors)
}

/** A schema's complaint, said so that a person can mend it. */
function inputError(error: SchemaError, context: string | undefined): InputError {
  const named = (error.params.additionalProperty ?? error.params.missingProperty) as string | undefined
  const place = `${context === undefined || context === 'body' ? '' : `/${context}`}${error.instancePath}${named === undefined ? '' : `/${named}`}`
  return { pointer: place, message: said(error) }
}

function said({ keyword, message, params, parentSchema }: SchemaError): string {
  if (keyword === 'additionalProperties') return 'is not a field known here'
  if (keyword === 'required') return 'is missing'
  if (parentSchema?.type === 'string' && typeof parentSchema.description === 'string')
    return `must be ${parentSchema.description.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())}`
  if (keyword === 'enum' || keyword === 'const')
    return `${message ?? 'is not allowed'}: ${JSON.stringify(params.allowedValues ?? params.allowedValue)}`
  return message ?? 'is not valid'
}
