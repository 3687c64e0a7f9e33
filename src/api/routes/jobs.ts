import { type Selectable, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import type { Job } from '../../db/schema.ts'
import { retryJob } from '../../ledger/requests/retry-job.ts'
import { Refusal } from '../../problems.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { handleWrite } from '../handle-write.ts'
import { ReasonBody } from '../reason.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { Time, TimeOrNull, TroubleOrNull, timeOrNull, troubleOrNull } from '../views/time.ts'

const JobFields = {
  jobId: Uuid,
  type: Type.String({ description: 'What it asks for: credit or reversal' }),
  status: Type.Enum(['queued', 'active', 'done', 'failed']),
  attempts: Type.Integer({ minimum: 0 }),
  error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
  trouble: TroubleOrNull,
  result: Type.Union([Type.Object({ creditId: Type.Optional(Uuid) }), Type.Null()]),
  createdAt: Time,
  finishedAt: TimeOrNull,
}
const JobView = Type.Object(JobFields, { description: 'What became of it', examples: [ANSWERS.job] })
const RetriedJobView = Type.Object(JobFields, { description: 'Taken up again', examples: [ANSWERS.retriedJob] })

export const jobRoutes: Routes = (api, context) => {
  const { db, reads, queues } = context
  const params = Type.Object({ jobId: Uuid })

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
      const row = await reads.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirst()
      if (!row) throw new Refusal('job_not_found', `there is no job ${jobId}`)
      const job = presentJob(row)
      return job.status === 'queued' && (await isBeingCarriedOut(db, jobId))
        ? { ...job, status: 'active' as const }
        : job
    },
  })

  api.post('/v1/jobs/:jobId/retry', {
    config: { scope: 'operate', bodyOptional: true },
    schema: {
      operationId: 'retryJob',
      summary: 'Take up a failed job again',
      description:
        'As if it were new. Not when another job has its reference by now, or is to reverse the same credit.',
      tags: ['jobs'],
      params,
      headers: withIdempotencyKey,
      body: ReasonBody,
      response: { 202: RetriedJobView, ...problems(404, 409) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { jobId } = request.params
        const { reason } = request.body
        const job = await retryJob(tx, jobId)
        return {
          status: 202,
          body: presentJob(job),
          location: `/v1/jobs/${jobId}`,
          audit: { action: 'job.retry', subject: jobId, reason },
          wake: () => queues.wake(job.type, [jobId]),
        }
      }),
  })
}

function presentJob(row: Selectable<Job>): Static<typeof JobView> {
  const isOpen = row.status === 'queued'
  return {
    jobId: row.id,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    trouble: isOpen ? troubleOrNull(row.trouble, row.trouble_since) : null,
    result: row.result as { creditId?: string } | null,
    createdAt: row.created_at.toISOString(),
    finishedAt: timeOrNull(row.finished_at),
  }
}

/**
 * A worker holds the lock of a job's row while it carries it out, so whether it is held is the truth, whatever the queue says. To lock is to
 * write: it cannot be asked on the connections for what is only shown.
 */
async function isBeingCarriedOut(db: Db, jobId: string): Promise<boolean> {
  const { rows } = await sql`select from job where id = ${jobId}::uuid for share skip locked`.execute(db)
  return rows.length === 0
}
