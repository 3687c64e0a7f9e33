import type { ServerResponse } from 'node:http'

/** Something is sent at least this often, so that proxies keep the connection. */
const SILENT_AT_MOST_MS = 15_000

/** One open stream of Server-Sent Events. */
export type EventStream = {
  /** Sends a state, unless it was sent last. What the other side does not take in time is left out: it is sent the latest one, not all of them. */
  readonly show: (data: string) => void
  /** Sends a last event of another name, and ends. */
  readonly finish: (event: string, data: string) => void
  readonly end: () => void
}

/**
 * Answers with Server-Sent Events called `event`. A reader that takes nothing for `patienceMs` is cut off: nothing is kept for it but what its connection holds.
 */
export function openEventStream(
  raw: ServerResponse,
  {
    event,
    requestId,
    patienceMs = SILENT_AT_MOST_MS,
  }: { readonly event: string; readonly requestId: string; readonly patienceMs?: number },
): EventStream {
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-request-id': requestId,
    'cache-control': 'no-store',
    // The stream ends with its connection, which would otherwise be kept, idle, while the process stops.
    connection: 'close',
    'x-accel-buffering': 'no',
  })
  let sent = ''
  let sentAt = performance.now()
  const send = (text: string) => {
    raw.write(text)
    sentAt = performance.now()
  }
  return {
    show: (data) => {
      const silentMs = performance.now() - sentAt
      if (raw.writableNeedDrain) {
        if (silentMs > patienceMs) raw.destroy()
        return
      }
      if (data !== sent) send(`event: ${event}\ndata: ${data}\n\n`)
      else if (silentMs > SILENT_AT_MOST_MS) send(': still there\n\n')
      sent = data
    },
    finish: (last, data) => void raw.end(`event: ${last}\ndata: ${data}\n\n`),
    end: () => void raw.end(),
  }
}
