import { type Calls, read } from './calls.ts'
import { checkCharges, checkCredits } from './check-entries.ts'
import { checkMoney } from './check-money.ts'
import { runCommand } from './kept-process.ts'
import { readBack, type ShownInvoice } from './read-back.ts'
import type { Scene } from './scene.ts'

type Found = (what: string) => void
type Job = { readonly status: string; readonly error: { readonly code: string; readonly message: string } | null }

/** Holds what the API shows in the end against the model. Nothing is under way any more. */
export async function checkAll(scene: Scene, calls: Calls): Promise<void> {
  const found: Found = (what) => void scene.failures.push(what)
  const invoices: ShownInvoice[] = []
  for (const account of scene.ledger.accounts) {
    const shown = await readBack(calls, account)
    checkCredits(account, shown, found)
    checkCharges(account, shown, found)
    checkMoney(account, shown, found)
    invoices.push(...shown.invoices)
  }
  await checkJobs(scene, calls, found)
  await checkRuns(calls, invoices, found)
  await reconcile(scene, found)
}

/** Every accepted credit's job can be asked for, and is done. */
async function checkJobs({ ledger }: Scene, calls: Calls, found: Found): Promise<void> {
  for (const { jobId, label } of ledger.credits()) {
    if (jobId === undefined) continue
    const answer = await calls.untilAnswered<Job>({ method: 'GET', path: `/v1/jobs/${jobId}` })
    if (answer.kind === 'refused')
      found(`${label} was accepted, and its job ${jobId} is answered ${answer.status} ${answer.code}`)
    else if (answer.body.status !== 'done')
      found(`${label} was accepted, and its job ${jobId} is ${JSON.stringify(answer.body)}`)
  }
}

type Run = {
  readonly progress: {
    readonly accounts: number
    readonly billed: number
    readonly nothingToBill: number
    readonly failed: number
  }
  readonly status: string
  readonly totals: readonly { readonly invoices: number }[]
}

/** A run counts its invoices exactly, and makes one for each account at most. */
async function checkRuns(calls: Calls, invoices: readonly ShownInvoice[], found: Found): Promise<void> {
  const numbers = invoices.map(({ number }) => number)
  if (new Set(numbers).size !== numbers.length) found('an invoice number was given twice')
  for (const [billRunId, ofRun] of Map.groupBy(invoices, (invoice) => invoice.billRunId)) {
    const run = await read<Run>(calls, `/v1/bill-runs/${billRunId}`)
    const counted = run.totals.reduce((sum, total) => sum + total.invoices, 0)
    if (counted !== ofRun.length || run.progress.billed !== ofRun.length)
      found(
        `run ${billRunId} counts ${counted} invoices and ${run.progress.billed} billed accounts, and made ${ofRun.length}`,
      )
    const { accounts, billed, nothingToBill, failed } = run.progress
    if (run.status !== 'cancelled' && accounts !== billed + nothingToBill + failed)
      found(`run ${billRunId} does not add up: ${JSON.stringify(run.progress)}`)
  }
}

/** The command that proves all rules over the whole database. */
async function reconcile({ stack, steps }: Scene, found: Found): Promise<void> {
  const answered = steps.begin('command line', 'reconcile')
  const { code, stdout, stderr, ms } = await runCommand(
    ['src/cli.ts', 'reconcile', '--json'],
    stack.commandEnvironment(),
  )
  answered(`exit code ${code} after ${ms} ms`)
  if (code === 0) return
  const broken = code === 1 ? brokenRules(stdout) : stderr.trim()
  found(`reconcile ended with exit code ${code}: ${broken}`)
}

type Report = {
  readonly checks: readonly {
    readonly name: string
    readonly violations: number
    readonly examples: readonly string[]
  }[]
}

export const brokenRules = (report: string): string =>
  (JSON.parse(report) as Report).checks
    .filter(({ violations }) => violations > 0)
    .map(({ name, violations, examples }) => `${name} (${violations}): ${examples.slice(0, 3).join('; ')}`)
    .join(' | ')
