import { faultOf } from '../db/classify-error.ts'
import type { Db } from '../db/open.ts'
import { recordTrouble } from '../ledger/requests/record-trouble.ts'
import { settleJobs } from '../ledger/requests/settle-jobs.ts'
import { Refusal } from '../problems.ts'

/** Errors by job id. */
export type Failures = ReadonlyMap<string, unknown>

/**
 * Settles accepted jobs whose attempt failed. A job whose own data is at fault fails for good, with a reason: `failed`. Any other job stays
 * open, with the reason recorded, and is tried again for as long as it takes: `open`.
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
  for (const [error, ids] of Map.groupBy(open.keys(), (id) => open.get(id))) await recordTrouble(db, 'job', ids, error)
  return { failed, open }
}

const refusalOf = (error: Error) => ({
  code: error instanceof Refusal ? error.code : 'database_refused',
  message: error.message,
})
