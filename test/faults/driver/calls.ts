import { setTimeout as sleep } from 'node:timers/promises'
import type { Dice } from './dice.ts'
import { patience } from './patience.ts'
import { API_KEY, type ApiProcess } from './stack.ts'
import type { Steps } from './steps.ts'
import type { Tally } from './tally.ts'

export type Call = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly key?: string
}

/** What a call came to. `undone`: the service says that it did nothing, or was never reached. `unknown`: it may have been done. */
export type Answer<Body> =
  | { readonly kind: 'done'; readonly status: number; readonly body: Body }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'undone'; readonly code: string }
  | { readonly kind: 'unknown'; readonly code: string }

export type Calls = ReturnType<typeof openCalls>

/** How long a call is repeated until it is answered. Faults last seconds: who still has no answer then will get none. */
const ANSWERED_WITHIN_MS = 60_000
const ONE_ANSWER_WITHIN_MS = 40_000

/** Calls of one caller, to one of the APIs at random. */
export function openCalls(who: string, apis: readonly ApiProcess[], dice: Dice, steps: Steps, answers: Tally) {
  async function once<Body>({ method, path, body, key }: Call): Promise<Answer<Body>> {
    const api = dice.pick(apis)
    const sent = `${method} ${path}${body === undefined ? '' : ` ${shortened(JSON.stringify(body))}`}${key === undefined ? '' : ` (key ${key})`}`
    const answered = steps.begin(who, `${sent} at ${api.process.name}`)
    const answer = await send<Body>(api.url, { method, path, body, ...(key === undefined ? {} : { key }) })
    answers.add(
      answer.kind === 'done' ? String(answer.status) : `${'status' in answer ? `${answer.status} ` : ''}${answer.code}`,
    )
    answered(inWords(answer))
    return answer
  }

  return {
    who,
    once,
    /**
     * Repeats a call that may be repeated (it has a key, or changes nothing the second time) until it is done or refused. `doubted`
     * says whether a try before the last may have been done.
     */
    untilAnswered: async <Body>(call: Call) => {
      const deadline = performance.now() + ANSWERED_WITHIN_MS * patience()
      let doubted = false
      for (;;) {
        const answer = await once<Body>(call)
        const inFlight = answer.kind === 'refused' && answer.code === 'request_in_flight'
        if (!inFlight && (answer.kind === 'done' || answer.kind === 'refused')) return { ...answer, doubted }
        if (answer.kind === 'unknown') doubted = true
        if (performance.now() > deadline)
          throw new Error(`${call.method} ${call.path} got no answer for a minute and more: ${answer.code}`)
        await sleep(dice.between(50, 300))
      }
    },
  } as const
}

/** Reads that must succeed: when all is quiet, or when they are repeated until they do. */
export async function read<Body>(calls: Calls, path: string): Promise<Body> {
  const answer = await calls.untilAnswered<Body>({ method: 'GET', path })
  if (answer.kind === 'done') return answer.body
  throw new Error(`GET ${path} was refused: ${answer.status} ${answer.code}`)
}

export async function readAll<Row>(calls: Calls, path: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { data: readonly Row[]; nextCursor: string | null } = await read(
      calls,
      `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    rows.push(...page.data)
    cursor = page.nextCursor
  }
  return rows
}

/** Answers that say that nothing was done: the service was too busy, had no database, or met something unforeseen. */
const NOTHING_DONE = new Set([
  'database_away',
  'internal_error',
  'too_many_requests',
  'timed_out',
  'not_sent',
  'too_busy',
])

async function send<Body>(url: string, { method, path, body, key }: Call): Promise<Answer<Body>> {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ONE_ANSWER_WITHIN_MS),
    })
    const text = await response.text()
    const parsed = text === '' ? undefined : JSON.parse(text)
    if (response.ok) return { kind: 'done', status: response.status, body: parsed as Body }
    const code = String(parsed?.code ?? 'no_code')
    if (NOTHING_DONE.has(code)) return { kind: 'undone', code: `${response.status} ${code}` }
    if (code === 'outcome_unknown' || response.status >= 500)
      return { kind: 'unknown', code: `${response.status} ${code}` }
    return { kind: 'refused', status: response.status, code }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error)
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
    return { kind: code === 'ECONNREFUSED' ? 'undone' : 'unknown', code }
  }
}

const shortened = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}... (${text.length} characters)` : text)

function inWords(answer: Answer<unknown>): string {
  if (answer.kind === 'done') return `${answer.status} ${shortened(JSON.stringify(answer.body) ?? '')}`
  return `${answer.kind}: ${'status' in answer ? `${answer.status} ` : ''}${answer.code}`
}
