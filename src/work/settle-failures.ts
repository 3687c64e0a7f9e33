import { faultOf } from '../db/classify-error.ts'
import type { Db } from '../db/open.ts'
import { noteTrouble } from '../ledger/requests/note-trouble.ts'
import { settleJobs } from '../ledger/requests/settle-jobs.ts'
import { Refusal } from '../problems.ts'

/** By job id, what it met when it was tried. */
export type Failures = ReadonlyMap<string, unknown>

/**
 * Decides what becomes of accepted jobs that could not be carried out: one whose own data is at fault fails for good, with a reason. Anything
 * else is never the end of it: the reason is written down, and the job is to be tried again for as long as it takes.
 */
export async function settleFailures(
  db: Db,
  failures: Failures,
): Promise<{ readonly failed: Failures; readonly open: Failures }> {
  const failed = new Map([...failures].filter(([, error]) => faultOf(error) === 'data'))
  await settleJobs(
    db,
    [...failed].map(([id, error]) => ({ id, refusal: refusalOf(error as Error), result: {} })),
  )
  const open = new Map([...failures].filter(([id]) => !failed.has(id)))
  for (const [error, ids] of Map.groupBy(open.keys(), (id) => open.get(id))) await noteTrouble(db, 'job', ids, error)
  return { failed, open }
}

const refusalOf = (error: Error) => ({
  code: error instanceof Refusal ? error.code : 'database_refused',
  message: error.message,
})
