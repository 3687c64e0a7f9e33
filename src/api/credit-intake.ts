import { sql } from 'kysely'
import type { Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Actor } from '../ledger/audit/actor.ts'
import { type AcceptedCredit, acceptCredits } from '../ledger/credits/accept-credits.ts'
import { claimKeys, type KeptAnswer, type KeyedRequest, keepAnswers } from '../ledger/requests/idempotency.ts'
import { processOpen } from '../ledger/requests/process-open.ts'
import { Refusal } from '../problems.ts'
import type { CreditRequest } from '../requests/credit-request.ts'
import { gather } from '../work/gather.ts'
import type { ApiContext } from './context.ts'

export type CreditIntake = {
  readonly request: CreditRequest
  readonly actor: Actor
  readonly keyed: KeyedRequest | undefined
}
export type CreditAnswer = { readonly answer: KeptAnswer; readonly replayed: boolean } | Refusal

/** Requests in one transaction at most: what a few dozen connections send while the one before commits. */
const MAX_TOGETHER = 200

/** While a transaction takes longer than this, in ms, others go on beside it: it waits for somebody, or for the database. */
const SLOW_AFTER_MS = 500
const MAX_SLOW = 3

/** How long a statement waits for a lock, in ms; it is tried five times. Whatever holds one in the ordinary way does so for less. */
const LOCK_TIMEOUT_MS = 1_000

/** Requests that may wait for their transaction to begin, and for how long, in ms. */
const MAX_WAITING = 1_000
const MAX_WAITING_MS = 5_000

const GATHERING = {
  maxSize: MAX_TOGETHER,
  concurrency: 1,
  overtaking: { slowAfterMs: SLOW_AFTER_MS, maxSlow: MAX_SLOW },
  waiting: {
    maxItems: MAX_WAITING,
    maxMs: MAX_WAITING_MS,
    refuse: () => new Refusal('too_busy', 'too many credits wait to be accepted already; nothing was changed'),
  },
}

/** The answer to an accepted credit or reversal. */
export function queued({ jobId, creditId }: AcceptedCredit) {
  return { status: 202, body: { jobId, creditId, status: 'queued' as const }, location: `/v1/jobs/${jobId}` }
}

/**
 * Accepts single credits, those that arrive together in one transaction: the cost of a COMMIT, and of a wake-up, is shared, and
 * each request has its own outcome. A transaction that stands still holds up those that came with it, and for seconds only; what waits behind
 * several of them is refused, `too_busy`, before it is begun.
 */
export function openCreditIntake({ config, db, queues }: ApiContext, onWakeError: (error: unknown) => void) {
  const lockTimeoutMs = String(Math.min(config.LOCK_TIMEOUT_MS, LOCK_TIMEOUT_MS))
  return gather<CreditIntake, CreditAnswer>(GATHERING, async (lot) => {
    const answers = await inTransaction(db, async (tx) => {
      await sql`select set_config('lock_timeout', ${lockTimeoutMs}, true)`.execute(tx)
      return await acceptLot(tx, lot)
    })
    const jobIds = answers.flatMap((answer) => ('jobId' in answer ? [answer.jobId] : []))
    queues.wake('credit', jobIds).catch(onWakeError)
    return answers
  })
}

/** What a request of a lot is answered with, and the job to be woken for it when it was accepted just now. */
type LotAnswer = CreditAnswer | { readonly answer: KeptAnswer; readonly replayed: false; readonly jobId: string }

async function acceptLot(tx: Tx, lot: readonly CreditIntake[]): Promise<readonly LotAnswer[]> {
  const claims = await claimKeys(
    tx,
    lot.map(({ keyed }) => keyed),
  )
  const claimed = lot.map((intake, index): CreditIntake | CreditAnswer => {
    const earlier = claims[index]
    if (earlier === undefined || earlier instanceof Refusal) return earlier ?? intake
    return { answer: earlier, replayed: true }
  })
  return await processOpen(claimed, isIntake, async (intakes) => {
    const outcomes = await acceptCredits(tx, intakes)
    const answers = outcomes.map((one) =>
      one instanceof Refusal ? one : { answer: queued(one), replayed: false as const, jobId: one.jobId },
    )
    await keepAnswers(
      tx,
      intakes.flatMap(({ keyed }, index) => {
        const outcome = answers[index]
        return keyed && outcome && 'answer' in outcome ? [{ keyed, answer: outcome.answer }] : []
      }),
    )
    return answers
  })
}

const isIntake = (one: CreditIntake | CreditAnswer): one is CreditIntake => 'request' in one
