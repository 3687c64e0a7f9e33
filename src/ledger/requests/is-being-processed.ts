import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/**
 * Whether a worker is processing a job right now. The worker holds the lock of the job's row meanwhile, so the lock is the truth, whatever
 * the queue says. Needs a connection that may write, because it takes a lock.
 */
export async function isBeingProcessed(db: Db, jobId: string): Promise<boolean> {
  const { rows } = await sql`select from job where id = ${jobId}::uuid for share skip locked`.execute(db)
  return rows.length === 0
}
