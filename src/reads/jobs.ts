import type { Selectable } from 'kysely'
import type { Db } from '../db/open.ts'
import type { Job } from '../db/schema.ts'
import { Refusal } from '../problems.ts'

export type JobRow = Selectable<Job>

/** An accepted request. Throws a Refusal `job_not_found`. */
export async function readJob(db: Db, jobId: string): Promise<JobRow> {
  const job = await db.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirst()
  if (!job) throw new Refusal('job_not_found', `there is no job ${jobId}`)
  return job
}
