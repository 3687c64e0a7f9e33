import { inTransaction } from '../db/transaction.ts'
import { type CreditRequest, creditJob } from '../jobs/credit.ts'
import { type AcceptedCredit, acceptCredits } from '../ledger/accept-credits.ts'
import type { Actor } from '../ledger/actor.ts'
import { Refusal } from '../problems.ts'
import { gather } from '../queue/gather.ts'
import { wake } from '../queue/wake.ts'
import type { ApiContext } from './context.ts'
import { claimKeys, type KeptAnswer, type KeyedRequest, keepAnswers } from './idempotency.ts'

export type CreditIntake = {
  readonly request: CreditRequest
  readonly actor: Actor
  readonly keyed: KeyedRequest | undefined
}
export type CreditAnswer = { readonly answer: KeptAnswer; readonly replayed: boolean } | Refusal

/** Requests in one transaction at most: what a few dozen connections send while the one before commits. */
const MOST_TOGETHER = 200

/** The answer to an accepted credit or reversal. */
export function queued({ jobId, creditId }: AcceptedCredit) {
  return { status: 202, body: { jobId, creditId, status: 'queued' as const }, location: `/v1/jobs/${jobId}` }
}

/**
 * Accepts single credits, those that arrive together in one transaction: the cost of a COMMIT, and of a wake-up, is shared, and
 * each request has its own outcome.
 */
export function openCreditIntake({ db, queues }: ApiContext, onWakeError: (error: unknown) => void) {
  return gather<CreditIntake, CreditAnswer>({ most: MOST_TOGETHER, atOnce: 1 }, async (lot) => {
    const { answers, fresh } = await inTransaction(db, async (tx) => {
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
      wake(queues, creditJob, [{ v: 1, jobIds: fresh.map(({ jobId }) => jobId) }]).catch(onWakeError)
    return answers
  })
}
