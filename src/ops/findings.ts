import type { Facts } from './facts.ts'
import { ATTENTION } from './findings-attention.ts'
import { BAD } from './findings-bad.ts'
import { NOTES } from './findings-notes.ts'
import { sayNumber } from './wording.ts'

export const LEVELS = ['bad', 'attention', 'note'] as const
export type Level = (typeof LEVELS)[number]

export const TARGETS = [
  'readiness',
  'jobs',
  'bill-run',
  'bill-run-failures',
  'schedule',
  'reconciliation',
  'key',
] as const

/** Where something is mended: one thing by its id, or those that a filter finds. */
export type Target = {
  readonly kind: (typeof TARGETS)[number]
  /** Null for a list. */
  readonly id: string | null
  readonly status?: 'queued' | 'failed'
  readonly type?: string
}

/** Something that is not as it should be: what, how bad, and what is safe, in short sentences. */
export type Finding = {
  readonly level: Level
  /** Stable: branch on this. */
  readonly code: string
  readonly what: string
  readonly why: string
  readonly since: Date | null
  readonly action: { readonly label: string; readonly target: Target }
}

/** A rule finds what is wrong in the facts. Its code and level are in its table. */
export type FindingRule = (facts: Facts) => readonly Omit<Finding, 'code' | 'level'>[]

export type Verdict = {
  readonly level: Level | 'well'
  /** How many findings there are, notes among them. */
  readonly findings: number
  /** In a few words: "Two things need you". Notes need nobody. */
  readonly title: string
}

const TABLES: Readonly<Record<Level, Readonly<Record<string, FindingRule>>>> = {
  bad: BAD,
  attention: ATTENTION,
  note: NOTES,
}

/** Every rule: its level and its code. */
export const FINDING_CODES: readonly (readonly [Level, string])[] = LEVELS.flatMap((level) =>
  Object.keys(TABLES[level]).map((code) => [level, code] as const),
)

/** Decides what is wrong, worst first. For the console, `nightbill status` and alerts alike. */
export function findWrong(facts: Facts): readonly Finding[] {
  return LEVELS.flatMap((level) =>
    Object.entries(TABLES[level]).flatMap(([code, rule]) => rule(facts).map((found) => ({ level, code, ...found }))),
  )
}

export function judge(findings: readonly Finding[]): Verdict {
  const urgent = findings.filter(({ level }) => level !== 'note').length
  const title =
    urgent === 0 ? 'All is well' : `${sayNumber(urgent)} ${urgent === 1 ? 'thing needs' : 'things need'} you`
  return { level: findings[0]?.level ?? 'well', findings: findings.length, title }
}
