import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { newId } from '../db/new-id.ts'
import type { Tx } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'
import type { CreditRequest } from '../jobs/credit.ts'
import { type Money, parseAmount } from '../money.ts'
import { Refusal } from '../problems.ts'
import type { Actor } from './actor.ts'

export type AcceptedCredit = { readonly jobId: string; readonly creditId: string }

type Account = { readonly id: number; readonly key: string; readonly currency: string }
type Checked = { readonly request: CreditRequest; readonly account: Account; readonly amount: Money } & AcceptedCredit

/**
 * Accepts credits: writes the durable job of each, which is what a 202 promises. Gives for each request, in order, its job and
 * credit, or why it is refused; a refused one leaves the others accepted. A reference seen before gives the first answer.
 */
export async function acceptCredits(
  tx: Tx,
  requests: readonly { readonly request: CreditRequest; readonly actor: Actor }[],
): Promise<readonly (AcceptedCredit | Refusal)[]> {
  const accounts = await accountsOf(tx, requests)
  const checked = requests.map(({ request }) => checkCredit(request, accounts.get(request.accountId)))
  const firsts = await claimReferences(
    tx,
    checked.filter((item): item is Checked => !(item instanceof Refusal)),
  )

  const answers: (AcceptedCredit | Refusal)[] = []
  const fresh: (Checked & { actor: Actor })[] = []
  for (const [index, item] of checked.entries()) {
    if (item instanceof Refusal) {
      answers.push(item)
      continue
    }
    const first = firsts.get(item.jobId)
    if (!first) fresh.push({ ...item, actor: (requests[index] as (typeof requests)[number]).actor })
    answers.push(first ?? { jobId: item.jobId, creditId: item.creditId })
  }
  await insertJobs(tx, fresh)
  return answers
}

async function accountsOf(
  tx: Tx,
  requests: readonly { readonly request: CreditRequest }[],
): Promise<ReadonlyMap<string, Account>> {
  const keys = [...new Set(requests.map(({ request }) => request.accountId))]
  const { rows } = await sql<Account>`select id, key, currency from account where key = any(${keys}::text[])`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.key, row]))
}

function checkCredit(request: CreditRequest, account: Account | undefined): Checked | Refusal {
  if (!account) return new Refusal('account_not_found', `there is no account ${request.accountId}`)
  if (request.currency !== undefined && request.currency !== account.currency) {
    return new Refusal(
      'currency_mismatch',
      `account ${account.key} is in ${account.currency}, the credit in ${request.currency}`,
    )
  }
  const amount = parseAmount(request.amount, account.currency)
  if (typeof amount === 'string') {
    return new Refusal('invalid_amount', `the amount ${amount}`, [{ pointer: '/amount', message: amount }])
  }
  return { request, account, amount, jobId: newId(), creditId: newId() }
}

/** What makes two requests with one reference the same: all that the credit will be, however it is written ("50" is "50.00"). */
function contentHash({ request, amount }: Checked): Buffer {
  const { reason, note = null, automaticDisbursement = true } = request
  return createHash('sha256')
    .update(JSON.stringify([amount.toFixed(), reason, note, automaticDisbursement]))
    .digest()
}

/** Claims the references, for ever. Gives, by the job id of each repeat, the first answer, or the refusal when its content differs. */
async function claimReferences(
  tx: Tx,
  checked: readonly Checked[],
): Promise<ReadonlyMap<string, AcceptedCredit | Refusal>> {
  const referring = checked
    .flatMap((item) =>
      item.request.reference === undefined
        ? []
        : [{ ...item, reference: item.request.reference, hash: contentHash(item) }],
    )
    // One order for everyone, so that two batches with the same references never wait for each other in a circle.
    .sort((a, b) => a.account.id - b.account.id || (a.reference < b.reference ? -1 : a.reference > b.reference ? 1 : 0))
  if (referring.length === 0) return new Map()

  const { rows: claimed } = await sql<{ job_id: string }>`
    insert into credit_reference (account_id, reference, credit_id, job_id, content_hash)
    select * from unnest(
      ${pgArray(referring.map(({ account }) => account.id))}::bigint[], ${referring.map(({ reference }) => reference)}::text[],
      ${pgArray(referring.map(({ creditId }) => creditId))}::uuid[], ${pgArray(referring.map(({ jobId }) => jobId))}::uuid[],
      ${referring.map(({ hash }) => hash)}::bytea[])
    on conflict do nothing
    returning job_id`.execute(tx)
  const fresh = new Set(claimed.map(({ job_id }) => job_id))
  const repeats = referring.filter(({ jobId }) => !fresh.has(jobId))
  if (repeats.length === 0) return new Map()

  const { rows: firsts } = await sql<{
    account_id: number
    reference: string
    credit_id: string
    job_id: string
    content_hash: Buffer
  }>`
    select first.* from credit_reference first
    join unnest(${repeats.map(({ account }) => account.id)}::bigint[], ${repeats.map(({ reference }) => reference)}::text[])
      as repeat (account_id, reference) using (account_id, reference)`.execute(tx)
  const byReference = new Map(firsts.map((first) => [`${first.account_id} ${first.reference}`, first]))
  return new Map(
    repeats.map(({ account, reference, jobId, hash }): [string, AcceptedCredit | Refusal] => {
      const first = byReference.get(`${account.id} ${reference}`)
      if (!first) throw new Error(`the reference ${reference} of account ${account.key} is neither free nor taken`)
      return first.content_hash.equals(hash)
        ? [jobId, { jobId: first.job_id, creditId: first.credit_id }]
        : [
            jobId,
            new Refusal(
              'reference_reused',
              `account ${account.key} has a credit with the reference ${reference} and other content`,
            ),
          ]
    }),
  )
}

async function insertJobs(tx: Tx, fresh: readonly (Checked & { readonly actor: Actor })[]): Promise<void> {
  if (fresh.length === 0) return
  const rows = fresh.map(({ jobId, creditId, account, request, actor }) => ({
    id: jobId,
    credit_id: creditId,
    account_id: account.id,
    request,
    api_key_id: actor.apiKeyId,
    request_id: actor.requestId,
  }))
  await sql`
    insert into job (id, type, credit_id, account_id, request, api_key_id, request_id)
    select id, 'credit', credit_id, account_id, request, api_key_id, request_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id uuid, credit_id uuid, account_id bigint, request jsonb, api_key_id uuid, request_id text)`.execute(tx)
}
