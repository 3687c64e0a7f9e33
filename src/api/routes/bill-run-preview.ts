import { Type } from 'typebox'
import { checkBillDate } from '../../ledger/bill-runs/check-bill-date.ts'
import { previewInvoices } from '../../ledger/invoices/preview-invoices.ts'
import { MAX_LINES, MAX_LINES_IN_LIST, readDescriptions } from '../../reads/transactions.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { actorOf } from '../handle-write.ts'
import { keyedRequestOf } from '../keyed-request.ts'
import { today } from '../today.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { PreviewedInvoiceView } from '../views/invoice-view.ts'
import { presentPreview } from '../views/preview-view.ts'
import { accountIds, BillDate } from './bill-runs.ts'

export const PreviewRequest = Type.Object(
  { accountIds: accountIds(1_000), ...BillDate },
  { additionalProperties: false, examples: [EXAMPLES.preview] },
)
export const Preview = Type.Object(
  { invoices: Type.Array(PreviewedInvoiceView) },
  { description: 'The invoices as they would be made', examples: [ANSWERS.preview] },
)

export const billRunPreviewRoutes: Routes = (api, { reads }) => {
  api.post('/v1/bill-runs/preview', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'previewBillRun',
      summary: 'The invoices that a bill run would make; writes nothing',
      description: 'Worked out anew each time, also under the same Idempotency-Key.',
      tags: ['bill runs'],
      headers: withIdempotencyKey,
      body: PreviewRequest,
      response: { 200: Preview, ...problems(404, 422) },
    },
    handler: async (request) => {
      const { accountIds: accountKeys, billDate = today(), allowFuture = false } = request.body
      // Writes nothing, so a repeat needs no record: it is worked out anew. A key that is none is refused as everywhere.
      keyedRequestOf(request, actorOf(request).apiKeyId)
      // One snapshot, so that what is previewed is the state of one moment.
      const read = reads.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
      return await read.execute(async (tx) => {
        if (!allowFuture) await checkBillDate(tx, billDate)
        // As when invoices are read: one shows more of itself than many in a list.
        const maxLines = accountKeys.length === 1 ? MAX_LINES : MAX_LINES_IN_LIST
        const previewed = await previewInvoices(tx, accountKeys, billDate, maxLines)
        const sourceIds = previewed.flatMap(({ lines }) => lines.map(({ sourceId }) => sourceId))
        return { invoices: presentPreview(previewed, await readDescriptions(tx, sourceIds)) }
      })
    },
  })
}
