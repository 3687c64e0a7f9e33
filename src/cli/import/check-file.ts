import { minorUnit } from '../../money.ts'
import { amountProblem, type Item, type openCheck, type Problem } from './check-row.ts'
import type { KnownAccounts } from './known-accounts.ts'
import { type Row, readRows } from './read-rows.ts'
import type { Source } from './source.ts'

/** A row that is not to be sent, and why. */
export type BadRow = { readonly row: Row; readonly problem: Problem }

export type CheckedBatch = { readonly items: readonly Item[]; readonly bad: readonly BadRow[]; readonly rows: number }

/** As many rows as one request may carry. */
const BATCH_ROWS = 1_000

/**
 * Reads a file in batches and checks each row. The same file gives the same batches, so that a repeat sends the same requests. Without
 * `accounts` no row is about an account that must be there.
 */
export async function* checkFile(
  source: Source,
  check: ReturnType<typeof openCheck>,
  accounts: KnownAccounts | undefined,
): AsyncGenerator<CheckedBatch> {
  let rows: Row[] = []
  for await (const row of readRows(source)) {
    rows.push(row)
    if (rows.length < BATCH_ROWS) continue
    yield await checkBatch(rows, check, accounts)
    rows = []
  }
  if (rows.length > 0) yield await checkBatch(rows, check, accounts)
}

async function checkBatch(
  rows: readonly Row[],
  check: ReturnType<typeof openCheck>,
  accounts: KnownAccounts | undefined,
): Promise<CheckedBatch> {
  const checked = rows.map((row) => ({ row, ...check(row) }))
  const wellFormed = checked.flatMap((one) => ('item' in one ? [one.item] : []))
  await accounts?.learn(new Set(wellFormed.map(({ body }) => body.accountId as string)))
  const outcomes = await Promise.all(
    checked.map(async (one) => {
      const problem = 'problem' in one ? one.problem : await problemOf(one.item, accounts)
      return problem ? { bad: { row: one.row, problem } } : { item: (one as { item: Item }).item }
    }),
  )
  return {
    items: outcomes.flatMap(({ item }) => (item ? [item] : [])),
    bad: outcomes.flatMap(({ bad }) => (bad ? [bad] : [])),
    rows: rows.length,
  }
}

async function problemOf({ row, body }: Item, accounts: KnownAccounts | undefined): Promise<Problem | undefined> {
  const { accountId, amount, currency } = body as { accountId: string; amount?: string; currency?: string }
  const problem = (field: string, message: string) => ({ line: row.line, field, message })
  if (!accounts) {
    const isKnown = currency === undefined || minorUnit(currency) !== undefined
    return isKnown ? undefined : problem('currency', `"${currency}": there is no such currency`)
  }
  const own = accounts.currencyOf(accountId)
  if (own === undefined) {
    const nearest = await accounts.nearest(accountId)
    const hint = nearest === undefined ? '' : ` (nearest: ${nearest})`
    return problem('accountId', `"${accountId}": there is no such account${hint}`)
  }
  if (currency !== undefined && currency !== own) {
    return problem('currency', `"${currency}": the account ${accountId} is in ${own}`)
  }
  const wrong = amount === undefined ? undefined : amountProblem(amount, own)
  return wrong === undefined ? undefined : problem('amount', wrong)
}
