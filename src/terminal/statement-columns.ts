import type { Statement, StatementEntry } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { type Column, forPrograms, text, time, word } from './column.ts'
import { formatMoney, groupThousands } from './format-money.ts'
import { renderTable, type TableColumn, type TableOptions } from './render-table.ts'
import { shortTime } from './short-time.ts'

/** The lines of a statement, for programs. */
export const statementColumns: readonly Column<StatementEntry>[] = [
  time('at', 'Posted', ({ at }) => at),
  word('date', 'Date', ({ date }) => date),
  word('kind', 'Kind', ({ kind }) => kind),
  text('description', 'Entry', ({ description }) => description),
  text('reference', 'Reference', ({ reference }) => reference),
  word('debit', 'Charged', ({ debit }) => debit),
  word('credit', 'Credited', ({ credit }) => credit),
  word('balance', 'Balance', ({ balance }) => balance),
  word('currency', 'Currency', ({ currency }) => currency),
  forPrograms('invoiceNumber', ({ invoiceNumber }) => invoiceNumber),
  forPrograms('creditId', ({ creditId }) => creditId),
]

type Line = {
  readonly posted: string
  readonly date: string
  readonly entry: string
  readonly debit: string
  readonly credit: string
  readonly balance: string
}

const amount = (title: string, value: (line: Line) => string): TableColumn<Line> => ({ title, value, align: 'right' })

const columns: readonly TableColumn<Line>[] = [
  { title: 'Posted', value: ({ posted }) => posted },
  { title: 'Date', value: ({ date }) => date },
  { title: 'Entry', value: ({ entry }) => entry, cut: true },
  amount('Charged', ({ debit }) => debit),
  amount('Credited', ({ credit }) => credit),
  amount('Balance', ({ balance }) => balance),
]

/** A statement for people: opening, lines, closing, and whether the account adds up. */
export function statementText(statement: Statement, options: TableOptions): string {
  const { opening, closing, currency, data, proof, debits, credits } = statement
  const edge = (entry: string, balance: string, sums: readonly [string, string] = ['', '']): Line => {
    return { posted: '', date: '', entry, debit: sums[0], credit: sums[1], balance: groupThousands(balance) }
  }
  const lines = [
    edge('Opening balance', opening),
    ...data.map(lineOf),
    edge('Closing balance', closing, [groupThousands(debits), groupThousands(credits)]),
  ]
  const owed = `Owed now ${formatMoney(proof.owed, currency)}, credit left ${formatMoney(proof.creditLeft, currency)}`
  const verdict = proof.conserved ? '✓ it adds up' : '✗ it does NOT add up: nightbill reconcile'
  return [renderTable(columns, lines, options), '', `All in ${currency}. ${owed}: ${verdict}`].join('\n')
}

function lineOf({ at, date, description, debit, credit, balance }: StatementEntry): Line {
  const shown = (sum: string) => (/^[0.]+$/.test(sum) ? '' : groupThousands(sum))
  return {
    posted: shortTime(at),
    date,
    entry: printable(description),
    debit: shown(debit),
    credit: shown(credit),
    balance: groupThousands(balance),
  }
}
