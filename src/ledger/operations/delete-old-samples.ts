import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

const KEPT_DAYS = 35

/** How many rows one statement deletes, so that it does not hold locks for long. They are selected into an array, which uses the index. */
const MAX_ROWS = 10_000

/** Deletes the samples that are older than they are kept. */
export async function deleteOldSamples(db: Db): Promise<void> {
  for (let deleted = MAX_ROWS; deleted === MAX_ROWS; ) {
    const { numAffectedRows = 0n } = await sql`
      delete from operations_sample where ctid = any(array(select ctid from operations_sample
        where minute < now() - ${sql.lit(KEPT_DAYS)} * interval '1 day'
        order by minute limit ${sql.lit(MAX_ROWS)}))`.execute(db)
    deleted = Number(numAffectedRows)
  }
}
