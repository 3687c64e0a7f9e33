import { setTimeout as sleep } from 'node:timers/promises'
import { html, type SafeHtml } from '@remix-run/html-template'
import { isApiError } from '../client/api-error.ts'
import { withQuery } from './parts/paging.ts'
import { type Answered, answered, type Visit } from './visit.ts'

/** A part of a page that a stream brings anew: the element with the id, and what is in it. */
export type LivePart = { readonly id: string; readonly inside: SafeHtml | string }

/** What a live page is told at once. Only parts that have changed are sent. */
export type LiveState = {
  readonly parts: readonly LivePart[]
  /** For the browser's tab. */
  readonly title?: string
}

/** Something is sent at least this often, so that a lost connection is noticed and proxies keep it. */
const SILENT_AT_MOST_MS = 15_000

const streamsOf = new Map<string, number>()

/**
 * Answers with a stream that keeps parts of a page as they are now, read anew every `everyMs`, until the reader goes, the session ends or the
 * process stops. What cannot be read now is told, and tried again.
 */
export async function sendLive(visit: Visit, everyMs: number, read: () => Promise<LiveState>): Promise<Answered> {
  const { me, config, reply, request, closing } = visit
  const open = streamsOf.get(me.keyId) ?? 0
  if (open >= config.EVENT_STREAMS_PER_KEY) {
    reply.code(429).header('retry-after', '5').type('text/plain').send('This key holds too many streams open.')
    return answered
  }
  streamsOf.set(me.keyId, open + 1)
  reply.hijack()
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-request-id': request.id,
    'cache-control': 'no-store',
    // The stream ends with its connection, which would otherwise be kept, idle, while the process stops.
    connection: 'close',
    'x-accel-buffering': 'no',
  })
  try {
    await follow(visit, everyMs, read, AbortSignal.any([gone.signal, closing]))
  } finally {
    streamsOf.set(me.keyId, (streamsOf.get(me.keyId) ?? 1) - 1)
    reply.raw.end()
  }
  return answered
}

async function follow(
  visit: Visit,
  everyMs: number,
  read: () => Promise<LiveState>,
  until: AbortSignal,
): Promise<void> {
  const { raw } = visit.reply
  const sent = new Map<string, string>()
  let sentAt = 0
  while (!until.aborted) {
    const state = await readOrSay(read)
    if (state === 'ended') return void raw.write('event: ended\ndata: \n\n')
    const changed = changesOf(state, sent)
    // A reader that takes nothing is sent the latest later, not all of it.
    if (!raw.writableNeedDrain && (changed !== '' || performance.now() - sentAt > SILENT_AT_MOST_MS)) {
      raw.write(changed === '' ? ': still there\n\n' : `${changed.replaceAll(/^/gm, 'data: ')}\n\n`)
      sentAt = performance.now()
    }
    await sleep(everyMs, undefined, { signal: until, ref: false }).catch(() => {})
  }
}

/** What is to be shown; that it cannot be read now, or never again: the session has ended, or what is followed is not there. */
async function readOrSay(read: () => Promise<LiveState>): Promise<LiveState | 'ended'> {
  try {
    const { parts, ...rest } = await read()
    return { ...rest, parts: [...parts, { id: 'live-lost', inside: '' }] }
  } catch (error) {
    if (isApiError(error) && [400, 401, 403, 404].includes(error.status)) return 'ended'
    return { parts: [{ id: 'live-lost', inside: 'It cannot be read now. It is tried again.' }] }
  }
}

function changesOf({ parts, title }: LiveState, sent: Map<string, string>): string {
  const all = [...parts.map(({ id, inside }) => [id, String(html`${inside}`)] as const)]
  const changed = all.filter(([id, text]) => sent.get(id) !== text)
  for (const [id, text] of changed) sent.set(id, text)
  const pieces = parts.filter(({ id }) => changed.some(([one]) => one === id)).map(partial)
  if (title !== undefined && sent.get('title') !== title) {
    sent.set('title', title)
    pieces.push(html`<title>${title} · Nightbill</title>`)
  }
  return pieces.map(String).join('')
}

const partial = ({ id, inside }: LivePart): SafeHtml =>
  html`<hx-partial hx-target="#${id}" hx-swap="innerMorph">${inside}</hx-partial>`

/** Whether the reader has paused a page's updates, by its address. */
export const isPaused = ({ query }: Visit): boolean => query.get('live') === 'off'

/**
 * What makes a page live: the stream, the way to pause it, and what is said when it is lost. `path`: what `sendLive` answers. `often`: how often,
 * in words. Without a script none of it is there.
 */
export function liveLine(visit: Visit, path: string, often: string): SafeHtml {
  const { url } = visit
  if (isPaused(visit))
    return html`<span class="live-line">, paused · <a href="${withQuery(url, { live: undefined })}">Go on</a></span>`
  return html`<span class="live-line">, ${often} · <a href="${withQuery(url, { live: 'off' })}">Pause updates</a></span>
    <span id="live" hx-sse:connect="${path}" hx-sse:close="ended" hx-swap="none" hidden></span>
    <b class="not-live" role="status"><span id="live-lost"></span><span hidden data-lost> Not live since <span data-lost-at></span>, trying again.</span><span
      hidden data-ended> No longer live: load the page again.</span></b>`
}
