import { printable } from '../../client/printable.ts'
import { formatAmount, Money, minorUnit } from '../../money.ts'
import { formatMoney, groupThousands } from '../../terminal/format-money.ts'
import { peopleAt, renderTable, type TableColumn } from '../../terminal/render-table.ts'
import type { BadRow } from './check-file.ts'
import type { Item, Problem } from './check-row.ts'
import type { KnownAccounts } from './known-accounts.ts'

const MAX_SHOWN = 20
const MAX_KEPT = 1_000

export type Report = ReturnType<typeof openReport>

/** Counts what is found and sent. Of bad lines the first are kept: memory does not grow with their number. */
export function openReport() {
  let good = 0
  let bad = 0
  let accepted = 0
  /** How many bad lines have been shown. */
  let shown = 0
  const problems: Problem[] = []
  const totals = new Map<string, Money>()
  const addBad = (rows: readonly BadRow[]) => {
    bad += rows.length
    problems.push(...rows.slice(0, MAX_KEPT - problems.length).map(({ problem }) => problem))
  }
  return {
    addGood: (items: readonly Item[], accounts: KnownAccounts | undefined) => {
      good += items.length
      for (const { body } of items) {
        const { accountId, amount } = body as { accountId: string; amount?: string }
        const currency = accounts?.currencyOf(accountId)
        if (amount === undefined || currency === undefined) continue
        totals.set(currency, (totals.get(currency) ?? new Money(0)).plus(amount))
      }
    },
    addBad,
    addAccepted: (count: number) => {
      accepted += count
    },
    good: () => good,
    bad: () => bad,
    accepted: () => accepted,
    /** What the check of the file has found. */
    foundText: (sends: boolean): string => {
      shown = bad
      const sums = totalsText(totals)
      const found = `${groupThousands(good)} ${good === 1 ? 'line is' : 'lines are'} good${sums === '' ? '' : `: ${sums}`}.`
      return [problemsText(problems, bad), sends ? found : `${found} Nothing was sent.`].filter(Boolean).join('\n')
    },
    /** What has become of what was sent; the bad lines alone when not all was. */
    sentText: (complete: boolean): string => {
      const refused = problemsText(problems.slice(shown), bad - shown)
      const left = bad === 0 ? '' : ` ${groupThousands(bad)} bad ${bad === 1 ? 'line was' : 'lines were'} left out.`
      const done = complete ? `${groupThousands(accepted)} are accepted.${left}` : ''
      return [refused, done].filter(Boolean).join('\n')
    },
    answer: (dryRun: boolean) => ({
      dryRun,
      good,
      bad,
      accepted,
      totals: [...totals].map(([currency, sum]) => ({ currency, amount: sum.toFixed(minorUnit(currency) ?? 2) })),
      problems,
    }),
  }
}

/** The bad lines in columns, the first of them; '' when there are none. */
function problemsText(problems: readonly Problem[], count: number): string {
  if (count === 0) return ''
  const options = { ...peopleAt(process.stdout), header: false }
  const table = renderTable(COLUMNS, problems.slice(0, MAX_SHOWN), options)
  const more = count - Math.min(problems.length, MAX_SHOWN)
  return more === 0 ? table : `${table}\n  and ${groupThousands(more)} more bad lines: --rejects FILE keeps them all`
}

/** `4,998,112.00 USD and 120,400 JPY` */
function totalsText(totals: ReadonlyMap<string, Money>): string {
  const sums = [...totals].map(([currency, sum]) => formatMoney(formatAmount(sum, currency), currency))
  return sums.length < 2 ? sums.join('') : `${sums.slice(0, -1).join(', ')} and ${sums.at(-1)}`
}

const COLUMNS: readonly TableColumn<Problem>[] = [
  { title: '', value: ({ line }) => `  line ${groupThousands(line)}` },
  { title: '', value: ({ field }) => field },
  { title: '', value: ({ message }) => printable(message), cut: true },
]
