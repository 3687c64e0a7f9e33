import type { Caller } from '../scene.ts'
import { preview, readSomething, repeatAccount } from './accounts.ts'
import { charge, repeatCharge } from './charges.ts'
import { byCommand } from './commands.ts'
import { cancelReversal, disburse, onCredit, quarrel, remove, reverse } from './credit-life.ts'
import { askWrongly, giveBatch, giveCredit } from './credits.ts'
import { cancelRun, retryRun, startRun, startTwoRuns } from './runs.ts'

export type Operation = {
  readonly name: string
  readonly weight: number
  readonly act: (caller: Caller) => Promise<unknown>
}

/** What callers do, and how often. */
export const OPERATIONS: readonly Operation[] = [
  { name: 'charge', weight: 18, act: charge },
  { name: 'charge again by reference', weight: 2, act: repeatCharge },
  { name: 'credit', weight: 20, act: giveCredit },
  { name: 'credits in a batch', weight: 4, act: giveBatch },
  { name: 'refused credit', weight: 5, act: askWrongly },
  { name: 'delete', weight: 7, act: onCredit(remove) },
  { name: 'reverse', weight: 9, act: onCredit(reverse, 'issued') },
  { name: 'cancel reversal', weight: 6, act: onCredit(cancelReversal, 'reversed') },
  { name: 'disburse', weight: 10, act: onCredit(disburse, 'issued') },
  { name: 'delete, reverse and cancel at once', weight: 3, act: onCredit(quarrel) },
  { name: 'bill run', weight: 5, act: startRun },
  { name: 'two bill runs at once', weight: 1, act: startTwoRuns },
  { name: 'cancel bill run', weight: 1, act: cancelRun },
  { name: 'retry bill run', weight: 1, act: retryRun },
  { name: 'preview', weight: 3, act: preview },
  { name: 'read', weight: 8, act: readSomething },
  { name: 'account again', weight: 2, act: repeatAccount },
  { name: 'command line', weight: 0.7, act: byCommand },
]
