import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { type Money, parseAmount } from '../../money.ts'
import { Refusal } from '../../problems.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'
import { type Account, accountNotFound, findAccounts } from '../accounts/find-accounts.ts'
import type { Actor } from '../audit/actor.ts'
import { isNotRefused, processOpen } from '../requests/process-open.ts'
import { claimReferences, contentHash } from './claim-references.ts'

export type AcceptedCredit = { readonly jobId: string; readonly creditId: string }

type Credit = { readonly request: CreditRequest; readonly actor: Actor }
type Checked = Credit & { readonly account: Account; readonly amount: Money } & AcceptedCredit

/**
 * Accepts credits: inserts a queued job for each, which a 202 promises to process. Returns for each request, in order, its job and credit
 * ids, or a Refusal; a refusal does not affect the others. A repeated reference returns the ids of the first request. If the job of that
 * request failed, the reference is free again.
 */
export async function acceptCredits(
  tx: Tx,
  credits: readonly Credit[],
): Promise<readonly (AcceptedCredit | Refusal)[]> {
  const accounts = await findAccounts(
    tx,
    credits.map(({ request }) => request.accountId),
  )
  const checked = credits.map((credit) => checkCredit(credit, accounts.get(credit.request.accountId)))
  return await processOpen(checked, isNotRefused, async (valid) => {
    const firsts = await claimReferencesOf(tx, valid)
    await insertJobs(
      tx,
      valid.filter(({ jobId }) => !firsts.has(jobId)),
    )
    return valid.map(({ jobId, creditId }) => firsts.get(jobId) ?? { jobId, creditId })
  })
}

function checkCredit({ request, actor }: Credit, account: Account | undefined): Checked | Refusal {
  if (!account) return accountNotFound(request.accountId)
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
  return { request, actor, account, amount, jobId: newId(), creditId: newId() }
}

/** Claims the references. Returns for each repeat, by its job id, the first answer, or a Refusal when the content differs. */
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

async function insertJobs(tx: Tx, fresh: readonly Checked[]): Promise<void> {
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
