import type { Dice } from '../dice.ts'
import type { BackendKind } from '../stack.ts'
import type { Fault } from './fault.ts'
import { LOAD_FAULTS } from './load.ts'
import { MIGRATE_FAULTS } from './migrating.ts'
import { NETWORK_FAULTS } from './network.ts'
import { POISON_FAULTS } from './poison.ts'
import { POSTGRES_FAULTS } from './postgres.ts'
import { PROCESS_FAULTS } from './processes.ts'
import { QUEUE_FAULTS } from './queue.ts'
import { SYSTEM_FAULTS } from './system.ts'

/** Every fault that the driver injects. F14, corruptions that must be seen, is not among them: it follows the last seed. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...POSTGRES_FAULTS,
  ...QUEUE_FAULTS,
  ...NETWORK_FAULTS,
  ...POISON_FAULTS,
  ...SYSTEM_FAULTS,
  ...LOAD_FAULTS,
  ...MIGRATE_FAULTS,
]

const MAX_FAULTS = 4

/** The faults of a seed, in their order. With `only`, those of that number alone. */
export function chooseFaults(dice: Dice, backend: BackendKind, only: string | undefined): readonly Fault[] {
  const possible = FAULTS.filter((fault) => (fault.backend ?? backend) === backend && (only ?? fault.id) === fault.id)
  if (possible.length === 0) return []
  return Array.from({ length: dice.between(2, MAX_FAULTS) }, () => dice.weighted(possible))
}
