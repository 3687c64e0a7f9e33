import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem } from '../api/types.ts'
import { type ApiError, apiError, type Failure } from './api-error.ts'

export type Connection = {
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** How long an answer may take, in ms; a minute by default. */
  readonly answerWithinMs?: number
  /** How often a request is tried at most; five times by default. */
  readonly maxAttempts?: number
  /** How requests are sent; Node's own fetch by default. */
  readonly fetch?: typeof fetch
}

export type Query = Readonly<Record<string, string | number | undefined>>

export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Relative to the base URL, without a leading slash. */
  readonly path: string
  readonly query?: Query | undefined
  readonly body?: unknown
  readonly idempotencyKey?: string
  /** The media type that is wanted; JSON unless said. */
  readonly accept?: string
}

const defaultMaxAttempts = 5
const firstDelayMs = 250
const maxDelayMs = 10_000
const defaultAnswerWithinMs = 60_000

/** Statuses of a request that was not processed, and may succeed later. */
const retryableStatuses = new Set([429, 503])
/** Error codes of a connection that was never opened, so that nothing can have happened. */
const notSentCodes = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'])
/** Error codes of a lost answer: the request may have been processed. */
const answerLostCodes = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/**
 * Sends one request. Returns the parsed body of a 2xx answer (undefined for an empty one); throws an ApiError otherwise.
 *
 * Tries at most five times, unless the connection says otherwise, when the service cannot be reached, cannot serve (503), asks to slow down (429), or is still busy with the same
 * request. A request whose answer was lost, or whose outcome is unknown, is repeated too, except a DELETE: a repeated DELETE would be
 * refused. A repeated POST is safe because of its idempotency key.
 */
export function sendRequest<Body>(connection: Connection, request: Request): Promise<Body> {
  const { answerWithinMs = defaultAnswerWithinMs } = connection
  return untilAnswered(connection, () =>
    tryOnce(connection, request, AbortSignal.timeout(answerWithinMs), readAnswer<Body>),
  )
}

/**
 * Opens a stream of events: returns its body as soon as it begins. Tries again as sendRequest does, and throws an ApiError. What was opened
 * ends with the signal.
 */
export function openStream(
  connection: Connection,
  request: Request,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  return untilAnswered(connection, () => tryOnce(connection, request, signal, readStream))
}

async function untilAnswered<Body>(
  { maxAttempts = defaultMaxAttempts }: Connection,
  attemptOnce: () => Promise<Outcome<Body>>,
): Promise<Body> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce()
    if ('body' in outcome) return outcome.body
    if (!outcome.again || attempt === maxAttempts) throw outcome.error
    await sleep(Math.min(outcome.afterMs ?? backoffMs(attempt), maxDelayMs))
  }
}

type Refused = { readonly error: ApiError; readonly again: boolean; readonly afterMs?: number | undefined }
type Outcome<Body> = { readonly body: Body } | Refused

type ReadAnswer<Body> = (url: URL, request: Request, response: Response) => Promise<Outcome<Body>>

async function tryOnce<Body>(
  connection: Connection,
  request: Request,
  signal: AbortSignal,
  read: ReadAnswer<Body>,
): Promise<Outcome<Body>> {
  const url = urlOf(connection, request)
  try {
    const send = connection.fetch ?? fetch
    const response = await send(url, {
      method: request.method,
      headers: headersOf(connection, request),
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal,
    })
    return await read(url, request, response)
  } catch (failure) {
    return noAnswer(url, request, failure)
  }
}

async function readStream(
  url: URL,
  request: Request,
  response: Response,
): Promise<Outcome<ReadableStream<Uint8Array>>> {
  if (response.ok && response.body) return { body: response.body }
  return refused(url, request, response, parseJson(await response.text()))
}

async function readAnswer<Body>(url: URL, request: Request, response: Response): Promise<Outcome<Body>> {
  const text = await response.text()
  const body = parseJson(text)
  if (response.ok && (text === '' || body !== undefined)) return { body: body as Body }
  return refused(url, request, response, body)
}

function refused(url: URL, request: Request, response: Response, body: unknown): Refused {
  const problem = isProblem(body) ? body : unexpectedAnswer(url, response)
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  return {
    error: apiError({ ...problem, requestId: response.headers.get('x-request-id') ?? undefined }),
    again:
      problem.code === 'outcome_unknown'
        ? isRepeatable(request)
        : retryableStatuses.has(response.status) || problem.code === 'request_in_flight',
    afterMs: Number.isNaN(retryAfter) ? undefined : retryAfter * 1_000,
  }
}

function noAnswer(url: URL, request: Request, failure: unknown): Refused {
  const { code, message } = causeOf(failure)
  const lost = answerLostCodes.has(code)
  const title = lost ? 'The service did not answer' : 'The service cannot be reached'
  return {
    error: apiError({ status: 0, code: 'service_unreachable', title, detail: `${url.origin} (${message})` }),
    again: notSentCodes.has(code) || (lost && isRepeatable(request)),
  }
}

/** Whether a request that may have been processed can be sent again without harm. A POST has an idempotency key. */
const isRepeatable = ({ method }: Request) => method !== 'DELETE'

function urlOf({ baseUrl }: Connection, { path, query = {} }: Request): URL {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`
  if (!URL.canParse(path, base)) {
    throw apiError({ status: 0, code: 'invalid_url', title: 'The address of the service is no URL', detail: baseUrl })
  }
  const url = new URL(path, base)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

function headersOf({ apiKey }: Connection, request: Request): Record<string, string> {
  const { body, idempotencyKey, accept = 'application/json' } = request
  return {
    accept: `${accept}, application/problem+json`,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  }
}

function unexpectedAnswer(url: URL, response: Response): Failure {
  return {
    status: response.status,
    code: 'unexpected_answer',
    title: `${url.origin} does not answer like this service`,
    detail: `${response.status} ${response.statusText} to ${url.pathname}`,
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'title' in body && 'status' in body
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The code and message of a failed fetch. fetch hides the real error in `cause`; a timeout is known only by the error's name. */
function causeOf(failure: unknown): { readonly code: string; readonly message: string } {
  const error = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return { code, message: error.message || code }
}

/** The delay before the next attempt. It doubles each time; up to half of it is random, so that many clients do not return at once. */
function backoffMs(attempt: number): number {
  return firstDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
}
