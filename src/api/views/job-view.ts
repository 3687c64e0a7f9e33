import { type Static, Type } from 'typebox'
import type { JobRow } from '../../reads/jobs.ts'
import { Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { Time, TimeOrNull, TroubleOrNull, timeOrNull, troubleOrNull } from './time.ts'

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
export const JobView = Type.Object(JobFields, { description: 'What became of it', examples: [ANSWERS.job] })
export type JobView = Static<typeof JobView>

export const RetriedJobView = Type.Object(JobFields, { description: 'Taken up again', examples: [ANSWERS.retriedJob] })

/** Presents an accepted request. `isActive`: whether a worker has it right now, which its row does not tell. */
export function presentJob(row: JobRow, isActive = false): JobView {
  const isOpen = row.status === 'queued'
  return {
    jobId: row.id,
    type: row.type,
    status: isOpen && isActive ? 'active' : row.status,
    attempts: row.attempts,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    trouble: isOpen ? troubleOrNull(row.trouble, row.trouble_since) : null,
    result: row.result as { creditId?: string } | null,
    createdAt: row.created_at.toISOString(),
    finishedAt: timeOrNull(row.finished_at),
  }
}
