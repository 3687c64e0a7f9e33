import { openDb } from '../../src/db/open.ts'
import { reconcile } from '../../src/ledger/reconcile/reconcile.ts'

/** Throws when the books do not balance after what `name` did. */
export async function proveReconciled(databaseUrl: string, name: string): Promise<void> {
  const db = openDb({
    url: databaseUrl,
    max: 1,
    name: 'bench',
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
    onIdleError: (error) => console.error(error),
  })
  const report = await reconcile(db).finally(() => db.destroy())
  const broken = report.checks.filter(({ violations }) => violations > 0)
  if (!report.ok) throw new Error(`${name} did not reconcile: ${JSON.stringify(broken, null, 2)}`)
}
