import type { Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'

/** Deletes a schedule. The bill runs that it has started stay. Throws a Refusal `schedule_not_found`. */
export async function deleteSchedule(tx: Tx, name: string): Promise<void> {
  const { numDeletedRows } = await tx.deleteFrom('schedule').where('name', '=', name).executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new Refusal('schedule_not_found', `there is no schedule ${name}`)
}
