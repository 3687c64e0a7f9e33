import type { SafeHtml } from '@remix-run/html-template'
import type { Visit } from './visit.ts'

/** A stream of parts of a page, as Server-Sent Events. */
export type PageStream = {
  /** Ends what was begun for the browser when it goes away, or the process stops. */
  readonly signal: AbortSignal
  /** Sends a part, unless it is as it was. What the browser does not take in time is left out: the next is newer. */
  readonly send: (part: SafeHtml) => void
  /** Ends the stream; with the event `done` for good, so that the browser does not open it again. */
  readonly finish: (isDone?: boolean) => void
}

/** Answers with a stream of parts of a page, which a browser swaps in where it opened the stream. */
export function openPageStream({ reply, request, closing }: Visit): PageStream {
  const { raw } = reply
  const left = new AbortController()
  raw.once('close', () => left.abort())
  reply.hijack()
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-request-id': request.id,
    'cache-control': 'no-store',
    // The stream ends with its connection, which would otherwise be kept, idle, while the process stops.
    connection: 'close',
    'x-accel-buffering': 'no',
  })
  let sent = ''
  return {
    signal: AbortSignal.any([left.signal, closing]),
    send: (part) => {
      const text = String(part)
      // Each form has a new key each time: what differs by that alone is the same.
      const same = text.replace(/name="idempotencyKey" value="[^"]*"/g, '')
      if (same === sent || raw.writableNeedDrain || raw.destroyed) return
      sent = same
      const lines = text.split('\n').map((line) => `data: ${line}`)
      raw.write(`${lines.join('\n')}\n\n`)
    },
    finish: (isDone = true) => void raw.end(isDone ? 'event: done\ndata: done\n\n' : ''),
  }
}
