import { Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import { checkBillDate } from '../../ledger/bill-runs/check-bill-date.ts'
import { previewInvoices } from '../../ledger/invoices/preview-invoices.ts'
import { Refusal } from '../../problems.ts'
import { MAX_LINES, MAX_LINES_IN_LIST, readDescriptions } from '../../reads/transactions.ts'
import { BillGroup } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { actorOf } from '../handle-write.ts'
import { keyedRequestOf } from '../keyed-request.ts'
import { openPreviewStreams } from '../stream-preview.ts'
import { today } from '../today.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { PreviewedInvoiceView } from '../views/invoice-view.ts'
import { presentPreview } from '../views/preview-view.ts'
import { accountIds, BillDate, namesBoth } from './bill-runs.ts'

export const PreviewRequest = Type.Object(
  { accountIds: Type.Optional(accountIds(1_000)), billGroup: Type.Optional(BillGroup), ...BillDate },
  { additionalProperties: false, examples: [EXAMPLES.preview] },
)
export const Preview = Type.Object(
  { invoices: Type.Array(PreviewedInvoiceView) },
  { description: 'The invoices as they would be made', examples: [ANSWERS.preview] },
)

export const billRunPreviewRoutes: Routes = (api, { reads }) => {
  const previews = openPreviewStreams(reads)
  // Otherwise a preview of a large group would keep the process from stopping.
  api.addHook('preClose', async () => previews.close())

  api.post('/v1/bill-runs/preview', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'previewBillRun',
      summary: 'What a bill run would make; writes nothing',
      description:
        'Of named accounts, their invoices. Of a bill group, Server-Sent Events: `progress` while it is worked out, then one `preview` with totals, ' +
        'failures, the largest invoices and warnings, or a `problem`. Worked out anew each time, also under the same Idempotency-Key.',
      tags: ['bill runs'],
      headers: withIdempotencyKey,
      body: PreviewRequest,
      response: {
        200: {
          description: 'The invoices as they would be made, or the events',
          content: {
            'application/json': { schema: Preview, example: ANSWERS.preview },
            'text/event-stream': { schema: Type.String({ description: 'Server-Sent Events, of a bill group' }) },
          },
        },
        ...problems(404, 422),
      },
    },
    handler: async (request, reply) => {
      const { accountIds: accountKeys, billGroup, billDate = today(), allowFuture = false } = request.body
      // Writes nothing, so a repeat needs no record: it is worked out anew. A key that is none is refused as everywhere.
      keyedRequestOf(request, actorOf(request).apiKeyId)
      if (accountKeys && billGroup !== undefined) throw namesBoth()
      if (accountKeys) return await previewAccounts(reads, accountKeys, billDate, allowFuture)
      if (billGroup === undefined) throw namesNone()
      if (!allowFuture) await reads.transaction().execute((tx) => checkBillDate(tx, billDate))
      return await previews.stream(request, reply, { billGroup, billDate })
    },
  })
}

/** One snapshot, so that what is previewed is the state of one moment. */
function previewAccounts(reads: Db, accountKeys: readonly string[], billDate: string, allowFuture: boolean) {
  const read = reads.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  return read.execute(async (tx) => {
    if (!allowFuture) await checkBillDate(tx, billDate)
    // As when invoices are read: one shows more of itself than many in a list.
    const maxLines = accountKeys.length === 1 ? MAX_LINES : MAX_LINES_IN_LIST
    const previewed = await previewInvoices(tx, accountKeys, billDate, maxLines)
    const sourceIds = previewed.flatMap(({ lines }) => lines.map(({ sourceId }) => sourceId))
    return { invoices: presentPreview(previewed, await readDescriptions(tx, sourceIds)) }
  })
}

function namesNone(): Refusal {
  const errors = [{ pointer: '/accountIds', message: 'is missing, and so is billGroup' }]
  return new Refusal('invalid_request', 'name accountIds or a billGroup', errors)
}
