import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/**
 * Whether a worker has a job right now: it holds the lock of the job's row for as long, so whether that is held is the truth, whatever the
 * queue says. To lock is to write: it cannot be asked on connections that only read.
 */
export async function isBeingProcessed(db: Db, jobId: string): Promise<boolean> {
  const { rows } = await sql`select from job where id = ${jobId}::uuid for share skip locked`.execute(db)
  return rows.length === 0
}
