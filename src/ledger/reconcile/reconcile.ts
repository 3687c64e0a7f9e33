import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { EVERYTHING, type Rows, type Rule, rowsOfRun } from './rule.ts'
import { ACCOUNT_RULES } from './rules-accounts.ts'
import { BILL_RUN_RULES } from './rules-bill-runs.ts'
import { CHARGE_RULES } from './rules-charges.ts'
import { CREDIT_RULES } from './rules-credits.ts'
import { INVOICE_RULES } from './rules-invoices.ts'
import { REQUEST_RULES } from './rules-requests.ts'

export type ReconcileCheck = {
  readonly name: string
  readonly description: string
  /** How many rows break the rule, counted up to MAX_VIOLATIONS. */
  readonly violations: number
  /** A few of these rows, in words. */
  readonly examples: readonly string[]
}

/** How much was looked at. */
export type ReconciledRows = { readonly invoices: number; readonly credits: number }

export type ReconcileReport = {
  readonly ok: boolean
  readonly over: ReconciledRows
  readonly checks: readonly ReconcileCheck[]
}

export type ReconcileOptions = {
  /** Checks only what this bill run wrote, by the rules that allow it. The time depends on the size of the run, not of the database. */
  readonly billRunId?: string
  /** Called before each rule is checked. */
  readonly onRule?: (rule: { readonly name: string; readonly index: number; readonly of: number }) => void
}

/** How many violations of a rule are counted: a higher number would not help anybody. */
const MAX_VIOLATIONS = 1_000

/** They cover each line of "What must hold at all times" in docs/domain.md, and each corruption of docs/reliability.md, F14. */
const RULES: readonly Rule[] = [
  ...INVOICE_RULES,
  ...CREDIT_RULES,
  ...CHARGE_RULES,
  ...ACCOUNT_RULES,
  ...REQUEST_RULES,
  ...BILL_RUN_RULES,
]

/** What each rule says, in a sentence, by its name. */
export const RULE_DESCRIPTIONS: ReadonlyMap<string, string> = new Map(
  RULES.map(({ name, description }) => [name, description]),
)

/**
 * Checks every rule over the whole database, or over one bill run. It reads one snapshot, so work may go on meanwhile. Over the whole
 * database it reads everything, which takes minutes for millions of accounts.
 */
export async function reconcile(db: Db, options: ReconcileOptions = {}): Promise<ReconcileReport> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => checkRules(tx, options))
}

/** The same, in a given transaction. */
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
  return { ok: checks.every(({ violations }) => violations === 0), over: await countRows(tx, rows), checks }
}

async function countRows(tx: Tx, { invoice, credit }: Rows): Promise<ReconciledRows> {
  const { rows } = await sql<ReconciledRows>`
    select (select count(*) from ${invoice} i) as invoices, (select count(*) from ${credit} c) as credits`.execute(tx)
  return rows[0] as ReconciledRows
}
