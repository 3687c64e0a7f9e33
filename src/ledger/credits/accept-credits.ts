import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { type Money, parseAmount } from '../../money.ts'
import { Refusal } from '../../problems.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'
import type { Actor } from '../audit/actor.ts'
import { claimReferences, contentHash } from './claim-references.ts'

export type AcceptedCredit = { readonly jobId: string; readonly creditId: string }

type Account = { readonly id: number; readonly key: string; readonly currency: string }
type Checked = { readonly request: CreditRequest; readonly account: Account; readonly amount: Money } & AcceptedCredit

/**
 * Accepts credits: writes the durable job of each, which is what a 202 promises. Gives for each request, in order, its job and
 * credit, or why it is refused; a refused one leaves the others accepted. A reference seen before gives the first answer,
 * unless the job of that answer failed: then it is free again.
 */
export async function acceptCredits(
  tx: Tx,
  requests: readonly { readonly request: CreditRequest; readonly actor: Actor }[],
): Promise<readonly (AcceptedCredit | Refusal)[]> {
  const accounts = await accountsOf(tx, requests)
  const checked = requests.map(({ request }) => checkCredit(request, accounts.get(request.accountId)))
  const firsts = await claimReferencesOf(
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

/** Claims the references. Gives, by the job id of each repeat, the first answer, or the refusal when its content differs. */
async function claimReferencesOf(
  tx: Tx,
  checked: readonly Checked[],
): Promise<ReadonlyMap<string, AcceptedCredit | Refusal>> {
  const referring = checked.flatMap(({ request, account, amount, jobId, creditId }) => {
    const { reference } = request
    const hash = contentHash(request, amount.toFixed())
    return reference === undefined ? [] : [{ accountId: account.id, reference, jobId, creditId, hash }]
  })
  const holders = await claimReferences(tx, referring)
  return new Map(
    checked.flatMap(({ request, account, jobId }): [string, AcceptedCredit | Refusal][] => {
      const holder = holders.get(jobId)
      if (!holder) return []
      if (holder.sameContent) return [[jobId, { jobId: holder.jobId, creditId: holder.creditId }]]
      const message = `account ${account.key} has a credit with the reference ${request.reference} and other content`
      return [[jobId, new Refusal('reference_reused', message)]]
    }),
  )
}

async function insertJobs(tx: Tx, fresh: readonly (Checked & { readonly actor: Actor })[]): Promise<void> {
  if (fresh.length === 0) return
  const rows = fresh.map(({ jobId, creditId, account, request, actor }) => ({
    id: jobId,
    subject_id: creditId,
    account_id: account.id,
    request,
    api_key_id: actor.apiKeyId,
    request_id: actor.requestId,
  }))
  await sql`
    insert into job (id, type, subject_id, account_id, request, api_key_id, request_id)
    select id, 'credit', subject_id, account_id, request, api_key_id, request_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id uuid, subject_id uuid, account_id bigint, request jsonb, api_key_id uuid, request_id text)`.execute(tx)
}
