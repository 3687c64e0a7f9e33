import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import { othersThatBegan, withOurMark } from './begun-by.ts'

/**
 * Marks a job as begun by this process, and gives how many processes were lost that had begun it; undefined when it is settled. The mark need
 * not survive a crash of the database.
 */
export async function beginJob(db: Db, jobId: string): Promise<number | undefined> {
  const { rows } = await sql<{ lost: number }>`
    update job set begun_by = ${withOurMark} from set_config('synchronous_commit', 'off', true)
    where id = ${jobId}::uuid and status = 'queued' returning ${othersThatBegan} as lost`.execute(db)
  return rows[0]?.lost
}
