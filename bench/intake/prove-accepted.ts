import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

const SOME_QUEUED = {
  name: 'some queued',
  text: `select exists (select from job where type = 'credit' and status = 'queued') as some`,
}

/** Waits until no accepted credit is left to be carried out. Looks every 10 ms. */
export async function allCarriedOut(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query(SOME_QUEUED)
    if (!rows[0]?.some) return
    await sleep(10)
  }
}

/** Throws unless there are exactly so many credits from jobs, all pending. */
export async function proveAllPending(client: pg.Client, accepted: number): Promise<void> {
  const { rows } = await client.query(
    `select count(*)::integer as accepted, count(credit.id) filter (where credit.status = 'pending')::integer as pending
     from job left join credit on credit.id = job.subject_id where job.type = 'credit'`,
  )
  const { accepted: jobs, pending } = rows[0]
  if (jobs !== accepted || pending !== accepted)
    throw new Error(`${accepted} credits were accepted; ${jobs} have a job and ${pending} are pending`)
}

/** Throws unless there are exactly so many charges with a reference. */
export async function proveAllCharged(client: pg.Client, accepted: number): Promise<void> {
  const { rows } = await client.query(`select count(*)::integer as there from charge where reference is not null`)
  if (rows[0].there !== accepted) throw new Error(`${accepted} charges were accepted; ${rows[0].there} are there`)
}
