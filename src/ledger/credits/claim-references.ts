import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'

/** An accepted credit that has a reference of its caller's. */
export type Referring = {
  readonly accountId: number
  readonly reference: string
  readonly jobId: string
  readonly creditId: string
  /** See contentHash. */
  readonly hash: Buffer
}

/** The accepted credit that has a reference already. */
export type Holder = { readonly jobId: string; readonly creditId: string; readonly sameContent: boolean }

type HolderRow = {
  account_id: number
  reference: string
  credit_id: string
  job_id: string
  content_hash: Buffer
  free: boolean
}

/** More than one round is needed only when others take, free or forget the same references at the same moment. */
const MAX_ROUNDS = 10

/** What makes two requests with one reference the same: all that the credit will be, however its amount is written ("50" is "50.00"). */
export function contentHash(request: CreditRequest, amount: string): Buffer {
  const { reason, note = null, automaticDisbursement = true } = request
  return createHash('sha256')
    .update(JSON.stringify([amount, reason, note, automaticDisbursement]))
    .digest()
}

/**
 * Claims references for accepted credits, each for as long as its job has not failed: of many who want one, one gets it. Gives, by the job id
 * of each that did not, who has its reference.
 */
export async function claimReferences(tx: Tx, wanted: readonly Referring[]): Promise<ReadonlyMap<string, Holder>> {
  const holders = new Map<string, Holder>()
  let open = wanted.toSorted(inOrder)
  for (let round = 1; open.length > 0; round += 1) {
    if (round > MAX_ROUNDS) throw new Error(`the reference ${open[0]?.reference} is neither free nor taken`)
    const claimed = await claimNew(tx, open)
    const repeats = open.filter(({ jobId }) => !claimed.has(jobId))
    const rows = await readHolders(tx, repeats)
    const freed = repeats.filter((one) => rows.get(keyOf(one))?.free)
    const taken = await takeFreed(tx, freed)
    for (const one of repeats) {
      const row = rows.get(keyOf(one))
      if (!row || row.free) continue
      const sameContent = row.content_hash.equals(one.hash)
      holders.set(one.jobId, { jobId: row.job_id, creditId: row.credit_id, sameContent })
    }
    open = repeats.filter(({ jobId }) => !holders.has(jobId) && !taken.has(jobId))
  }
  return holders
}

/** One order for everyone, so that two batches with the same references never wait for each other in a circle. */
const inOrder = (a: Referring, b: Referring) =>
  a.accountId - b.accountId || (a.reference < b.reference ? -1 : a.reference > b.reference ? 1 : 0)

const keyOf = ({ accountId, reference }: { readonly accountId: number; readonly reference: string }) =>
  `${accountId} ${reference}`

const columnsOf = (rows: readonly Referring[]) => sql`
  ${pgArray(rows.map(({ accountId }) => accountId))}::bigint[], ${rows.map(({ reference }) => reference)}::text[],
  ${pgArray(rows.map(({ creditId }) => creditId))}::uuid[], ${pgArray(rows.map(({ jobId }) => jobId))}::uuid[],
  ${rows.map(({ hash }) => hash)}::bytea[]`

/** The job ids of those whose reference nobody had. */
async function claimNew(tx: Tx, wanted: readonly Referring[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ job_id: string }>`
    insert into credit_reference (account_id, reference, credit_id, job_id, content_hash)
    select * from unnest(${columnsOf(wanted)}) on conflict do nothing
    returning job_id`.execute(tx)
  return new Set(rows.map(({ job_id }) => job_id))
}

/** Who has the references, by account and reference, and whether it is free again. */
async function readHolders(tx: Tx, wanted: readonly Referring[]): Promise<ReadonlyMap<string, HolderRow>> {
  if (wanted.length === 0) return new Map()
  const { rows } = await sql<HolderRow>`
    select holder.*, exists (select from job where id = holder.job_id and status = 'failed') as free
    from unnest(${columnsOf(wanted)}) as wanted (account_id, reference, credit_id, job_id, content_hash)
    join credit_reference holder on holder.account_id = wanted.account_id and holder.reference = wanted.reference`.execute(
    tx,
  )
  return new Map(rows.map((row) => [keyOf({ accountId: row.account_id, reference: row.reference }), row]))
}

/**
 * Takes references whose job failed. Gives the job ids of those that got theirs. Locked in one statement and looked at again in the next:
 * meanwhile another may have taken it, or the failed job may have been taken up again.
 */
async function takeFreed(tx: Tx, wanted: readonly Referring[]): Promise<ReadonlySet<string>> {
  if (wanted.length === 0) return new Set()
  await sql`
    select from unnest(${columnsOf(wanted)}) as wanted (account_id, reference, credit_id, job_id, content_hash)
    join credit_reference held on held.account_id = wanted.account_id and held.reference = wanted.reference
    order by held.account_id, held.reference for update of held`.execute(tx)
  const { rows } = await sql<{ job_id: string }>`
    update credit_reference held set credit_id = wanted.credit_id, job_id = wanted.job_id, content_hash = wanted.content_hash
    from unnest(${columnsOf(wanted)}) as wanted (account_id, reference, credit_id, job_id, content_hash)
    where held.account_id = wanted.account_id and held.reference = wanted.reference
      and exists (select from job where id = held.job_id and status = 'failed')
    returning held.job_id`.execute(tx)
  return new Set(rows.map(({ job_id }) => job_id))
}
