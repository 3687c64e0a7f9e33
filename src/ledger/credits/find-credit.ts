import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import type { CreditStatus } from '../../db/schema.ts'
import { Refusal } from '../../problems.ts'
import { lockAccounts } from '../accounts/lock-accounts.ts'

export type CreditRow = {
  readonly id: string
  readonly account_id: number
  readonly currency: string
  readonly amount: string
  readonly disbursed: string
  readonly status: CreditStatus
  readonly reversal_job_id: string | null
}

/** Reads a credit. Throws a Refusal `credit_not_found`, whose text says so if the credit is accepted but not recorded yet. */
export async function findCredit(db: Db | Tx, creditId: string): Promise<CreditRow> {
  const { rows } = await sql<CreditRow>`
    select credit.id, account_id, currency, amount, disbursed, status, reversal_job_id
    from credit join account on account.id = account_id where credit.id = ${creditId}::uuid`.execute(db)
  if (rows[0]) return rows[0]
  throw await creditNotFound(db, creditId)
}

/** Locks a credit's account, and then reads the credit. Throws as findCredit does. */
export async function lockCredit(tx: Tx, creditId: string): Promise<CreditRow> {
  const { account_id } = await findCredit(tx, creditId)
  await lockAccounts(tx, [account_id])
  return await findCredit(tx, creditId)
}

export async function creditNotFound(db: Db | Tx, creditId: string): Promise<Refusal> {
  const job = await db
    .selectFrom('job')
    .select(['id', 'status'])
    .where('subject_id', '=', creditId)
    .where('type', '=', 'credit')
    .executeTakeFirst()
  if (!job) return new Refusal('credit_not_found', `there is no credit ${creditId}`)
  return new Refusal(
    'credit_not_found',
    job.status === 'failed'
      ? `credit ${creditId} was refused when it was carried out: see job ${job.id}`
      : `credit ${creditId} is accepted and not recorded yet: see job ${job.id}, or try again in a moment`,
  )
}
