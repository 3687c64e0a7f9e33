import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import { Uuid } from '../../jobs/formats.ts'
import { Refusal } from '../../problems.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { problems } from '../view-responses.ts'
import { Time, TimeOrNull, timeOrNull } from '../views/time.ts'

const JobView = Type.Object(
  {
    jobId: Uuid,
    type: Type.Enum(['credit', 'reversal']),
    status: Type.Enum(['queued', 'active', 'done', 'failed']),
    attempts: Type.Integer({ minimum: 0 }),
    error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
    result: Type.Union([Type.Object({ creditId: Type.Optional(Uuid) }), Type.Null()]),
    createdAt: Time,
    finishedAt: TimeOrNull,
  },
  { description: 'What became of it', examples: [ANSWERS.job] },
)

export const jobRoutes: Routes = (api, { db, reads }) => {
  api.get('/v1/jobs/:jobId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getJob',
      summary: 'What became of an accepted credit or reversal',
      description: 'Kept for at least 30 days after it ended, whatever the queue keeps.',
      tags: ['jobs'],
      params: Type.Object({ jobId: Uuid }),
      response: { 200: JobView, ...problems(404) },
    },
    handler: async ({ params: { jobId } }) => {
      const row = await reads.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirst()
      if (!row) throw new Refusal('job_not_found', `there is no job ${jobId}`)
      return {
        jobId,
        type: row.type,
        status: row.status === 'queued' && (await isBeingCarriedOut(db, jobId)) ? ('active' as const) : row.status,
        attempts: row.attempts,
        error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
        result: row.result as { creditId?: string } | null,
        createdAt: row.created_at.toISOString(),
        finishedAt: timeOrNull(row.finished_at),
      }
    },
  })
}

/**
 * A worker holds the lock of a job's row while it carries it out, so whether it is held is the truth, whatever the queue says. To lock is to
 * write: it cannot be asked on the connections for what is only shown.
 */
async function isBeingCarriedOut(db: Db, jobId: string): Promise<boolean> {
  const { rows } = await sql`select from job where id = ${jobId}::uuid for share skip locked`.execute(db)
  return rows.length === 0
}
