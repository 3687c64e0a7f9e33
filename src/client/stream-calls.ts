import { setTimeout as sleep } from 'node:timers/promises'
import type { BillRun, GroupPreview, NewGroupPreview, PreviewProgress, Problem } from '../api/types.ts'
import { apiError, isApiError } from './api-error.ts'
import { readEvents, type StreamOptions } from './read-events.ts'
import { type Connection, openStream, type Query } from './request.ts'

/** Before a stream that ended too early is opened again. */
const pauseMs = 500

/** What a preview of a group yields: how far it is, and at last the preview. */
export type PreviewStep =
  | { readonly progress: PreviewProgress; readonly preview?: undefined }
  | { readonly preview: GroupPreview; readonly progress?: undefined }

export type WatchOptions = StreamOptions & {
  /** Whoever watches opens a stream that is lost again by itself: it is over then. */
  readonly once?: boolean
}

/** The calls that are answered with events, as async generators. Whoever leaves one early ends it; a signal ends it at once. */
export const streamCalls = (connection: Connection) => ({
  /**
   * Yields a bill run as it is now, and whenever it has changed, until it has ended. A stream that is lost is opened again. Throws an
   * ApiError when the service refuses it, or cannot be reached.
   */
  async *watchBillRun(billRunId: string, options: WatchOptions = {}): AsyncGenerator<BillRun, void> {
    const path = `v1/bill-runs/${encodeURIComponent(billRunId)}/events`
    while (!options.signal?.aborted) {
      try {
        for await (const { data } of readEvents(connection, { method: 'GET', path }, options)) {
          const run = JSON.parse(data) as BillRun
          yield run
          if (run.finishedAt !== null) return
        }
      } catch (error) {
        if (!isApiError(error) || error.code !== 'stream_lost') throw error
      }
      if (options.once) return
      await sleep(pauseMs)
    }
  },

  /**
   * Yields how far the preview of a bill group is, and at last the preview. Ends without one when the signal ends it. Throws an ApiError
   * when it is refused, cannot be worked out, or is lost on the way.
   */
  async *previewGroup(preview: NewGroupPreview, options: StreamOptions = {}): AsyncGenerator<PreviewStep, void> {
    const request = { method: 'POST', path: 'v1/bill-runs/preview', body: preview } as const
    for await (const { event, data } of readEvents(connection, request, options)) {
      if (event === 'problem') throw apiError(JSON.parse(data) as Problem)
      if (event === 'progress') yield { progress: JSON.parse(data) as PreviewProgress }
      if (event !== 'preview') continue
      yield { preview: JSON.parse(data) as GroupPreview }
      return
    }
    if (options.signal?.aborted) return
    throw apiError({ status: 0, code: 'stream_lost', title: 'The preview was cut short', detail: 'ask for it again' })
  },

  /**
   * Yields a list as CSV, piece by piece: all rows that match, with a header row. Throws an ApiError when it is refused, and `stream_lost`
   * when it is cut short: what came before is not the whole.
   */
  async *streamCsv(path: string, query: Query = {}): AsyncGenerator<Uint8Array, void> {
    const left = new AbortController()
    try {
      const request = { method: 'GET', path, query, accept: 'text/csv' } as const
      yield* await openStream(connection, request, left.signal)
    } catch (error) {
      if (isApiError(error)) throw error
      const title = 'The list was cut short: what was printed is not the whole'
      throw apiError({ status: 0, code: 'stream_lost', title, detail: 'ask for it again' })
    } finally {
      left.abort()
    }
  },
})
