import { Type } from 'typebox'
import { isBeingProcessed } from '../../ledger/requests/is-being-processed.ts'
import { retryJob } from '../../ledger/requests/retry-job.ts'
import { readJob } from '../../reads/jobs.ts'
import { Uuid } from '../../requests/formats.ts'
import { changeRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { problems } from '../view-responses.ts'
import { JobView, presentJob, RetriedJobView } from '../views/job-view.ts'

const params = Type.Object({ jobId: Uuid })

const getJob: Routes = (api, { db, reads }) => {
  api.get('/v1/jobs/:jobId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getJob',
      summary: 'What became of an accepted credit or reversal',
      description:
        'Kept for at least 30 days after it ended, whatever the queue keeps. `trouble` says why it is not carried out yet: it is tried again for as long as that lasts.',
      tags: ['jobs'],
      params,
      response: { 200: JobView, ...problems(404) },
    },
    handler: async ({ params: { jobId } }) => {
      const job = await readJob(reads, jobId)
      return presentJob(job, job.status === 'queued' && (await isBeingProcessed(db, jobId)))
    },
  })
}

const postRetry: Routes = (api, context) => {
  changeRoute(api, context, {
    path: '/v1/jobs/:jobId/retry',
    params,
    scope: 'operate',
    operationId: 'retryJob',
    summary: 'Take up a failed job again',
    description: 'As if it were new. Not when another job has its reference by now, or is to reverse the same credit.',
    tag: 'jobs',
    action: 'job.retry',
    refusals: [404, 409],
    view: RetriedJobView,
    script: async (tx, jobId) => {
      const job = await retryJob(tx, jobId)
      const wake = () => context.queues.wake(job.type, [jobId])
      return { body: presentJob(job), location: `/v1/jobs/${jobId}`, wake }
    },
  })
}

export const jobRoutes: Routes = (api, context) => {
  for (const route of [getJob, postRetry]) route(api, context)
}
