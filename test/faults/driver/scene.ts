import type { Calls } from './calls.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'
import type { Stack } from './stack.ts'
import type { Steps } from './steps.ts'
import type { Tallies } from './tally.ts'

/** What a seed is played in. */
export type Scene = {
  readonly seed: number
  readonly stack: Stack
  readonly ledger: Ledger
  readonly steps: Steps
  readonly tallies: Tallies
  /** How many charges an account has that has very many (F20). */
  readonly manyCharges: number
  /** What has turned out wrong while the seed was under way: it fails the seed. */
  readonly failures: string[]
  /** Accounts whose billing a fault makes fail, and the codes of the failures that are expected of it. */
  readonly poisoned: Map<string, Set<string>>
  /** Faults that make unforeseen errors (a 500, an error in the log) expected. */
  readonly excuses: Set<string>
}

/** One who calls. */
export type Caller = { readonly scene: Scene; readonly calls: Calls; readonly dice: Dice }

/** From now on this account may fail by this code: a fault makes it. */
export function expectFailure({ poisoned }: Scene, accountId: string, code: string): void {
  poisoned.set(accountId, (poisoned.get(accountId) ?? new Set()).add(code))
}
