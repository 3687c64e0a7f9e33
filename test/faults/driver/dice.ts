import { createHash } from 'node:crypto'
import { seeded } from '../../support/random.ts'

export type Dice = ReturnType<typeof openDice>

/** Random choices that are the same for the same seed and name: each caller and the faults have dice of their own. */
export function openDice(seed: number, name: string) {
  const random = seeded(createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE())
  /** A whole number from `least` to `most`, both included. */
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error('there is nothing to pick from')
    return from[between(0, from.length - 1)] as T
  }
  /** One of them, each as often as its weight says. */
  const weighted = <T extends { readonly weight: number }>(from: readonly T[]): T => {
    let left = random() * from.reduce((sum, { weight }) => sum + weight, 0)
    for (const one of from) {
      left -= one.weight
      if (left < 0) return one
    }
    return pick(from)
  }
  return {
    between,
    pick,
    weighted,
    chance: (probability: number) => random() < probability,
    /** Undefined when there is none. */
    pickAny: <T>(from: readonly T[]): T | undefined => (from.length === 0 ? undefined : pick(from)),
  } as const
}
