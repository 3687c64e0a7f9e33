import { setTimeout as sleep } from 'node:timers/promises'
import { formatAmount } from '../money.ts'
import { type FinishedRun, finishedRunSentence } from '../terminal/finished-run-sentence.ts'

/** Reads how a bill run ended, in words, over a connection that is closed again; undefined while it goes on. */
export async function readFinishedRun(databaseUrl: string, billRunId: string): Promise<string | undefined> {
  const [{ openDb }, { readBillRun }] = await Promise.all([import('../db/open.ts'), import('../reads/bill-runs.ts')])
  const db = openDb({
    url: databaseUrl,
    max: 1,
    name: 'nightbill serve',
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 1_000,
    onIdleError: () => {},
  })
  try {
    let run = await readBillRun(db, billRunId)
    // The run of the last batch ends in a transaction after that batch's.
    for (let tries = 0; tries < 3 && run.finished_at === null; tries += 1) {
      await sleep(300)
      run = await readBillRun(db, billRunId)
    }
    if (run.finished_at === null) return undefined
    const finished: FinishedRun = {
      billRunId,
      name: run.name ?? run.schedule_name ?? run.bill_group ?? 'named accounts',
      billDate: run.bill_date,
      status: run.status,
      seconds: (run.finished_at.getTime() - (run.started_at ?? run.created_at).getTime()) / 1_000,
      billed: run.billed,
      nothingToBill: run.nothing_to_bill,
      failed: run.failed,
      totals: run.totals.map(({ currency, charged, invoices }) => ({
        currency,
        charged: formatAmount(charged, currency),
        invoices,
      })),
    }
    return finishedRunSentence(finished)
  } finally {
    await db.destroy()
  }
}
