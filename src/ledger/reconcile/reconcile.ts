import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { EVERYTHING, type Rule, rowsOfRun } from './rule.ts'
import { ACCOUNT_RULES } from './rules-accounts.ts'
import { BILL_RUN_RULES } from './rules-bill-runs.ts'
import { CHARGE_RULES } from './rules-charges.ts'
import { CREDIT_RULES } from './rules-credits.ts'
import { INVOICE_RULES } from './rules-invoices.ts'
import { REQUEST_RULES } from './rules-requests.ts'

export type ReconcileCheck = {
  readonly name: string
  readonly description: string
  /** How many rows break the rule, counted up to a limit. */
  readonly violations: number
  /** Some of them, in words. */
  readonly examples: readonly string[]
}

export type ReconcileReport = { readonly ok: boolean; readonly checks: readonly ReconcileCheck[] }

export type ReconcileOptions = {
  /** Looks at what this bill run wrote alone, by the rules that can be asked of it: in a time that goes by the run, not by the database. */
  readonly billRunId?: string
  /** Told of each rule before it is checked. */
  readonly onRule?: (rule: { readonly name: string; readonly index: number; readonly of: number }) => void
}

/** Violations counted of each rule at most: more would tell nobody more. */
const MAX_VIOLATIONS = 1_000

/** Each line of "What must hold at all times" in domain.md, and each corruption of docs/reliability.md, F14. */
const RULES: readonly Rule[] = [
  ...INVOICE_RULES,
  ...CREDIT_RULES,
  ...CHARGE_RULES,
  ...ACCOUNT_RULES,
  ...REQUEST_RULES,
  ...BILL_RUN_RULES,
]

/**
 * Proves what must hold at all times over the whole database, or over one bill run, in one snapshot, so that work may go on meanwhile.
 * Over the whole it reads everything: minutes, for millions of accounts.
 */
export async function reconcile(db: Db, options: ReconcileOptions = {}): Promise<ReconcileReport> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => checkRules(tx, options))
}

/** The same, as a transaction sees the database. */
export async function checkRules(
  tx: Tx,
  { billRunId, onRule = () => {} }: ReconcileOptions = {},
): Promise<ReconcileReport> {
  const rules = billRunId === undefined ? RULES : RULES.filter(({ ofRun }) => ofRun)
  const rows = billRunId === undefined ? EVERYTHING : rowsOfRun(billRunId)
  await sql`set local statement_timeout = 0`.execute(tx)
  await sql`set local work_mem = '256MB'`.execute(tx)
  const checks: ReconcileCheck[] = []
  for (const [index, { name, description, broken }] of rules.entries()) {
    onRule({ name, index, of: rules.length })
    const found = await sql<{ what: string }>`
      select what from (${broken(rows)}) broken limit ${MAX_VIOLATIONS}`.execute(tx)
    const examples = found.rows.slice(0, 5).map(({ what }) => what)
    checks.push({ name, description, violations: found.rows.length, examples })
  }
  return { ok: checks.every(({ violations }) => violations === 0), checks }
}
