import { isApiError } from '../../client/api-error.ts'
import { refusalText } from '../parts/form.ts'
import { billRunPath } from '../parts/paths.ts'
import { plural } from '../parts/time.ts'
import { type Answer, type PageRoutes, redirect, type Visit } from '../visit.ts'
import { billRunPage } from './bill-run.ts'
import { billRunFailuresPage } from './bill-run-failures.ts'
import { billRunLive } from './bill-run-live.ts'
import { billRunsPage } from './bill-runs.ts'
import { newBillRunPage, startBillRun } from './new-bill-run.ts'
import { previewPage, previewStream } from './preview-bill-run.ts'
import { ticker } from './ticker.ts'

/** The pages of bill runs, and what can be done with them. */
export function billRunPages({ get, post }: PageRoutes): void {
  get('/bill-runs', 'read', billRunsPage)
  get('/bill-runs/new', 'operate', (visit) => newBillRunPage(visit))
  post('/bill-runs/new', 'operate', startBillRun)
  get('/bill-runs/new/preview', 'operate', previewPage)
  get('/bill-runs/new/preview/stream', 'operate', previewStream)
  get('/bill-runs/:billRunId', 'read', (visit) => billRunPage(visit))
  get('/bill-runs/:billRunId/cancel', 'operate', (visit) => billRunPage(visit, { isCancelling: true }))
  get('/bill-runs/:billRunId/live', 'read', billRunLive)
  get('/bill-runs/:billRunId/failures', 'read', billRunFailuresPage)
  get('/ticker', 'read', ticker)
  post('/bill-runs/:billRunId/cancel', 'operate', cancel)
  post('/bill-runs/:billRunId/retry', 'operate', retry)
}

async function cancel(visit: Visit): Promise<Answer> {
  const { client, form, params } = visit
  const billRunId = params.billRunId as string
  const reason = (form.reason ?? '').trim()
  if (reason === '') {
    const errors = { reason: 'Say why the run is cancelled' }
    return await billRunPage(visit, { isCancelling: true, status: 422, form: { values: form, errors } })
  }
  try {
    const { progress } = await client.cancelBillRun(billRunId, { reason, idempotencyKey: form.idempotencyKey })
    return redirect(billRunPath(billRunId), {
      tone: 'ok',
      strong: 'The run is cancelled.',
      text: `${plural(progress.billed, 'account is', 'accounts are')} billed and ${progress.billed === 1 ? 'stays' : 'stay'} billed.`,
    })
  } catch (error) {
    return refused(error, billRunId, 'The run was not cancelled.')
  }
}

/** Tries failed accounts again: all, those with one code, or one of them. The server finds them by that rule. */
async function retry(visit: Visit): Promise<Answer> {
  const { client, form, params } = visit
  const billRunId = params.billRunId as string
  try {
    const before = await client.getBillRun(billRunId)
    const { progress } = await client.retryBillRun(billRunId, {
      ...(form.code === undefined ? {} : { codes: [form.code] }),
      ...(form.account === undefined ? {} : { accountIds: [form.account] }),
      idempotencyKey: form.idempotencyKey,
    })
    const retried = before.progress.failed - progress.failed
    return redirect(
      billRunPath(billRunId),
      retried > 0
        ? {
            tone: 'ok',
            strong: `${plural(retried, 'account is', 'accounts are')} tried again.`,
            text: 'The same run bills them.',
          }
        : {
            tone: 'warn',
            strong: 'Nothing was left to retry.',
            text: 'Somebody was faster, or it is under way already.',
          },
    )
  } catch (error) {
    return refused(error, billRunId, 'Nothing was retried.')
  }
}

/** What cannot be done as things are is said on the run's page, which shows how they are. */
function refused(error: unknown, billRunId: string, strong: string): Answer {
  if (!isApiError(error) || ![409, 422].includes(error.status)) throw error
  return redirect(billRunPath(billRunId), { tone: 'bad', strong, text: refusalText(error) })
}
