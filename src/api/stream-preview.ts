import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../db/open.ts'
import { previewGroup } from '../ledger/invoices/preview-group.ts'
import type { PreviewTally } from '../ledger/invoices/tally-preview.ts'
import { problemOf, Refusal } from '../problems.ts'
import { readAccountNames } from '../reads/account-names.ts'
import { readBillRunOutlook } from '../reads/bill-run-outlook.ts'
import { refusalOf } from './errors.ts'
import { openEventStream } from './event-stream.ts'
import { type GroupPreviewView, presentGroupPreview } from './views/group-preview-view.ts'

/** How many previews of groups are worked out at once on one process: each is as much reading as a bill run. */
const MAX_AT_ONCE = 2

export type PreviewStreams = {
  /** Throws a Refusal `too_many_requests`. */
  readonly stream: (request: FastifyRequest, reply: FastifyReply, of: GroupAsOf) => Promise<void>
  /** Cuts all short. */
  readonly close: () => void
}
export type GroupAsOf = { readonly billGroup: string; readonly billDate: string }

/** Answers previews of groups as events: `progress` while one is worked out, then `preview`, or `problem` when it cannot be. */
export function openPreviewStreams(reads: Db): PreviewStreams {
  const underWay = new Set<FastifyReply>()
  const stream: PreviewStreams['stream'] = async (request, reply, of) => {
    if (underWay.size >= MAX_AT_ONCE) {
      reply.header('retry-after', '5')
      throw new Refusal(
        'too_many_requests',
        `${MAX_AT_ONCE} previews of bill groups are under way: try again in some seconds`,
      )
    }
    underWay.add(reply)
    try {
      reply.hijack()
      const events = openEventStream(reply.raw, { event: 'progress', requestId: request.id })
      try {
        const preview = await workOut(reads, of, (progress) => {
          events.show(JSON.stringify(progress))
          return !reply.raw.destroyed && underWay.has(reply)
        })
        if (preview) events.finish('preview', JSON.stringify(preview))
        else events.end()
      } catch (error) {
        request.log.warn({ err: error }, 'stopped working out a preview')
        events.finish('problem', JSON.stringify(problemOf(refusalOf(error as Error))))
      }
    } finally {
      underWay.delete(reply)
    }
  }
  return { stream, close: () => underWay.clear() }
}

/** Works out a preview; undefined when `goOn`, which is told how far it is after each batch, says that nobody wants it any more. */
async function workOut(
  reads: Db,
  of: GroupAsOf,
  goOn: (progress: object) => boolean,
): Promise<GroupPreviewView | undefined> {
  const preview = previewGroup(reads, of)
  for (;;) {
    const { done, value } = await preview.next()
    if (done) return await present(reads, of, value)
    if (!goOn(value)) return undefined
  }
}

async function present(reads: Db, of: GroupAsOf, tally: PreviewTally): Promise<GroupPreviewView> {
  const ids = [...tally.largest.values()].flatMap((invoices) => invoices.map(({ account }) => account.id))
  const [outlook, names] = await Promise.all([
    readBillRunOutlook(reads, of.billGroup, of.billDate),
    readAccountNames(reads, ids),
  ])
  return presentGroupPreview(of, tally, outlook, names)
}
