import { apiError } from './api-error.ts'
import { type Connection, openStream, type Request } from './request.ts'

/** A Server-Sent Event. */
export type ServerEvent = { readonly event: string; readonly data: string }

export type StreamOptions = {
  /** Ends the stream, and with it what the service does for it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends a request that is answered with events, and yields them until the service ends the stream, or the signal does. Throws an ApiError
 * when it is refused, and `stream_lost` when the connection is lost on the way.
 */
export async function* readEvents(
  connection: Connection,
  request: Request,
  { signal }: StreamOptions = {},
): AsyncGenerator<ServerEvent, void> {
  const left = new AbortController()
  const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal
  try {
    const reader = (await openStream(connection, request, stop)).getReader()
    const decoder = new TextDecoder()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parseEvent(block)
        if (event) yield event
      }
    }
  } catch (error) {
    if (stop.aborted) return
    throw error instanceof Error && error.name === 'ApiError' ? error : lost(connection, error)
  } finally {
    left.abort()
  }
}

/** Undefined for a comment, which only keeps the connection open. */
function parseEvent(block: string): ServerEvent | undefined {
  const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/s.exec(line) ?? [])
  const valuesOf = (wanted: string) => fields.flatMap(([, name, value = '']) => (name === wanted ? [value] : []))
  const data = valuesOf('data')
  return data.length === 0 ? undefined : { event: valuesOf('event')[0] ?? 'message', data: data.join('\n') }
}

function lost({ baseUrl }: Connection, error: unknown): Error {
  const detail = `${baseUrl} (${error instanceof Error ? error.message : String(error)})`
  return apiError({ status: 0, code: 'stream_lost', title: 'The connection was lost', detail })
}
