import { times } from './at-once.ts'
import type { World } from './world.ts'

/** Accounts of which each has a charge of 10 and an automatic credit of 4: billed, each owes 6. */
export const owing = (world: World, count: number, currency = 'USD') =>
  world.accounts(times(count, () => ({ currency, charges: ['10'], credits: [{ amount: '4', automatic: true }] })))
