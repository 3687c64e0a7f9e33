import type { Dice } from '../dice.ts'
import type { Caller, Scene } from '../scene.ts'
import type { BackendKind } from '../stack.ts'

export type FaultScene = {
  readonly scene: Scene
  readonly dice: Dice
  /** Somebody who calls in the course of a fault. */
  readonly caller: Caller
  readonly note: (what: string) => void
}

/** A fault of the table in docs/reliability.md. `act` does it and mends it: when it returns, all can go on. */
export type Fault = {
  readonly id: string
  readonly name: string
  readonly weight: number
  /** Where it can happen; on both unless said. */
  readonly backend?: BackendKind
  readonly act: (given: FaultScene) => Promise<void>
}
