import { type ReconciliationReport, reconciliationText } from '../src/terminal/reconciliation-text.ts'
import type { Check } from './check.ts'
import { runCommand, type Service } from './start-service.ts'

/** Has the whole database proven by the service's own command while the service runs. */
export async function reconcile(
  service: Service,
): Promise<{ readonly text: string; readonly checks: readonly Check[] }> {
  const { stdout, exitCode } = await runCommand(service, ['reconcile', '--json'])
  const report = parseReport(stdout)
  if (report === undefined) throw new Error(`reconcile gave no report (exit code ${exitCode}): ${stdout}`)
  const violations = report.checks.map(({ name, violations: count }) => ({
    name: `reconcile, violations of ${name}`,
    expected: '0',
    actual: String(count),
  }))
  return {
    text: reconciliationText(report),
    checks: [...violations, { name: 'exit code of reconcile', expected: '0', actual: String(exitCode) }],
  }
}

function parseReport(text: string): ReconciliationReport | undefined {
  try {
    return JSON.parse(text) as ReconciliationReport
  } catch {
    return undefined
  }
}
