import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import { addOurMark, otherMarks } from './attempt-marks.ts'

/** How many processes started a job and were lost before it ended. */
export type ClaimedJob = { readonly crashes: number }

/**
 * Marks a job as attempted by this process. Returns undefined when the job is settled. The mark need not survive a crash of the database,
 * so its COMMIT does not wait for the disk.
 */
export async function claimJob(db: Db, jobId: string): Promise<ClaimedJob | undefined> {
  const { rows } = await sql<ClaimedJob>`
    update job set begun_by = ${addOurMark} from set_config('synchronous_commit', 'off', true)
    where id = ${jobId}::uuid and status = 'queued' returning ${otherMarks} as crashes`.execute(db)
  return rows[0]
}
