import { sql } from 'kysely'
import { inTransaction } from '../db/transaction.ts'
import type { Actor } from '../ledger/audit/actor.ts'
import { type AcceptedCredit, acceptCredits } from '../ledger/credits/accept-credits.ts'
import { Refusal } from '../problems.ts'
import type { CreditRequest } from '../requests/credit-request.ts'
import { gather } from '../work/gather.ts'
import type { ApiContext } from './context.ts'
import { claimKeys, type KeptAnswer, type KeyedRequest, keepAnswers } from './idempotency.ts'

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
    const { answers, fresh } = await inTransaction(db, async (tx) => {
      await sql`select set_config('lock_timeout', ${lockTimeoutMs}, true)`.execute(tx)
      const keyed = lot.flatMap((intake) => (intake.keyed ? [intake.keyed] : []))
      const earlier = (await claimKeys(tx, keyed)).values()
      const claims = lot.map((intake) => (intake.keyed ? earlier.next().value : undefined))

      const toAccept = lot.filter((_, index) => claims[index] === undefined)
      const outcomes = await acceptCredits(tx, toAccept)
      const fresh = outcomes.filter((outcome): outcome is AcceptedCredit => !(outcome instanceof Refusal))
      await keepAnswers(
        tx,
        toAccept.flatMap(({ keyed }, index) => {
          const outcome = outcomes[index]
          return keyed && outcome && !(outcome instanceof Refusal) ? [{ keyed, answer: queued(outcome) }] : []
        }),
      )

      const accepted = outcomes.values()
      const answers = claims.map((claim): CreditAnswer => {
        if (claim instanceof Refusal) return claim
        if (claim) return { answer: claim, replayed: true }
        const outcome = accepted.next().value as AcceptedCredit | Refusal
        return outcome instanceof Refusal ? outcome : { answer: queued(outcome), replayed: false }
      })
      return { answers, fresh }
    })
    if (fresh.length > 0)
      queues
        .wake(
          'credit',
          fresh.map(({ jobId }) => jobId),
        )
        .catch(onWakeError)
    return answers
  })
}
