import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'

/** An accepted credit with a reference of its caller. */
export type Referring = {
  readonly accountId: number
  readonly reference: string
  readonly jobId: string
  readonly creditId: string
  /** See contentHash. */
  readonly hash: Buffer
}

/** The accepted credit that holds a reference. */
export type Holder = { readonly jobId: string; readonly creditId: string; readonly sameContent: boolean }

type HolderRow = {
  account_id: number
  reference: string
  credit_id: string
  job_id: string
  content_hash: Buffer
  free: boolean
}

/** A second round is needed only when other transactions claim, free or delete the same references at the same moment. */
const MAX_ROUNDS = 10

/** The hash of everything that makes up a credit. `amount` is in one form, so that "50" and "50.00" are the same. */
export function contentHash(request: CreditRequest, amount: string): Buffer {
  const { reason, note = null, automaticDisbursement = true } = request
  return createHash('sha256')
    .update(JSON.stringify([amount, reason, note, automaticDisbursement]))
    .digest()
}

/**
 * Claims references for accepted credits. A job holds its reference until it fails. When many want the same reference, one of them gets it.
 * Returns the holder for each of the others, by their job ids.
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

/** The same order in all transactions, so that two of them with the same references cannot deadlock. */
const inOrder = (a: Referring, b: Referring) =>
  a.accountId - b.accountId || (a.reference < b.reference ? -1 : a.reference > b.reference ? 1 : 0)

const keyOf = ({ accountId, reference }: { readonly accountId: number; readonly reference: string }) =>
  `${accountId} ${reference}`

const columnsOf = (rows: readonly Referring[]) => sql`
  ${pgArray(rows.map(({ accountId }) => accountId))}::bigint[], ${rows.map(({ reference }) => reference)}::text[],
  ${pgArray(rows.map(({ creditId }) => creditId))}::uuid[], ${pgArray(rows.map(({ jobId }) => jobId))}::uuid[],
  ${rows.map(({ hash }) => hash)}::bytea[]`

/** Claims references that nobody has had. Returns the job ids of those that succeeded. */
async function claimNew(tx: Tx, wanted: readonly Referring[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ job_id: string }>`
    insert into credit_reference (account_id, reference, credit_id, job_id, content_hash)
    select * from unnest(${columnsOf(wanted)}) on conflict do nothing
    returning job_id`.execute(tx)
  return new Set(rows.map(({ job_id }) => job_id))
}

/** The holders of the references, by account and reference, and whether the reference is free again. */
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
 * Takes over references whose job failed. Returns the job ids of those that succeeded. The rows are locked first and checked again in a
 * second statement: meanwhile another transaction may have taken the reference, or retried the failed job.
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
