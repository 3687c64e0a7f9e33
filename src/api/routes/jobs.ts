import { Type } from 'typebox'
import { accountIdOf } from '../../ledger/accounts/find-accounts.ts'
import { isBeingProcessed } from '../../ledger/requests/is-being-processed.ts'
import { retryJob } from '../../ledger/requests/retry-job.ts'
import { listJobs, readJob } from '../../reads/jobs.ts'
import { AccountId, Uuid } from '../../requests/formats.ts'
import { changeRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { FailureCode, JOBS, JobType, JobView, presentJob, RetriedJobView } from '../views/job-view.ts'
import { parseTime, Time } from '../views/time.ts'
import { getFailureGroups, postRetryFailed } from './job-failures.ts'

export const JobQuery = pageQuery({
  status: Type.Optional(Type.Enum(['queued', 'done', 'failed'])),
  type: Type.Optional(JobType),
  accountId: Type.Optional(AccountId),
  code: Type.Optional(FailureCode),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
})
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

const getJobs: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/jobs',
    scope: 'read',
    operationId: 'listJobs',
    summary: 'List accepted credits and reversals with what became of them, newest first',
    description:
      'Accepted from the moment `from` on, until before the moment `to`. A list does not tell which of the queued ones a worker has right now.',
    tag: 'jobs',
    item: JobView,
    query: JobQuery,
    refusals: [404],
    answer: ({ query }) =>
      answerPage(query, JOBS, async (page) => {
        const { status, type, code } = query
        const range = { from: parseTime(query.from, '/querystring/from'), to: parseTime(query.to, '/querystring/to') }
        const accountId = await accountIdOf(reads, query.accountId)
        return listJobs(reads, { ...page, ...range, accountId, status, type, code })
      }),
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
      const { type } = await retryJob(tx, jobId)
      const wake = () => context.queues.wake(type, [jobId])
      return { body: presentJob(await readJob(tx, jobId)), location: `/v1/jobs/${jobId}`, wake }
    },
  })
}

export const jobRoutes: Routes = (api, context) => {
  for (const route of [getJobs, getJob, postRetry, getFailureGroups, postRetryFailed]) route(api, context)
}
