import { parse } from 'csv-parse/sync'
import { Decimal } from 'decimal.js'

/** Enough digits that no product of a quantity and a price is ever rounded. */
const Exact = Decimal.clone({ precision: 60, toExpNeg: -60, toExpPos: 60 })

const poundDecimals = 2

/** What one line of the file bills: a sale is a charge, a cancellation a credit. */
export type BillingLine = {
  readonly kind: 'charge' | 'credit'
  readonly accountId: string
  /** Pounds, greater than zero. */
  readonly amount: string
  /** `YYYY-MM-DD` */
  readonly date: string
  readonly description: string
  /** Invoice and line number on it: the same each time the file is loaded, so that loading it twice bills nothing twice. */
  readonly reference: string
}

type CsvRow = {
  readonly InvoiceNo: string
  readonly StockCode: string
  readonly Description: string
  readonly Quantity: string
  readonly InvoiceDate: string
  readonly UnitPrice: string
  readonly CustomerID: string
}

/**
 * Reads the file as billing input, by the rules of its README: lines without a customer, and those without a price, are
 * left out. Throws, with the line's reference, for a line that is not whole pence or cannot be read: nothing is rounded.
 */
export function parseTransactions(csv: string): readonly BillingLine[] {
  const rows: readonly CsvRow[] = parse(csv, { columns: true })
  const linesOfInvoice = new Map<string, number>()
  return rows.flatMap((row) => {
    const lineNumber = (linesOfInvoice.get(row.InvoiceNo) ?? 0) + 1
    linesOfInvoice.set(row.InvoiceNo, lineNumber)
    return parseRow(row, `${row.InvoiceNo}-${lineNumber}`) ?? []
  })
}

function parseRow(row: CsvRow, reference: string): BillingLine | undefined {
  const quantity = parseNumber(row.Quantity, reference)
  const price = parseNumber(row.UnitPrice, reference)
  if (row.CustomerID === '' || price.isZero() || quantity.isZero()) return undefined
  const kind = quantity.isNegative() ? 'credit' : 'charge'
  const amount = quantity.abs().times(price)
  if (amount.isNegative() || amount.decimalPlaces() > poundDecimals) {
    throw new Error(`Line ${reference}: ${row.Quantity} x ${row.UnitPrice} is no amount in whole pence`)
  }
  return {
    kind,
    accountId: row.CustomerID,
    amount: amount.toFixed(poundDecimals),
    date: parseDate(row.InvoiceDate, reference),
    description: row.Description.trim() || row.StockCode,
    reference,
  }
}

function parseNumber(text: string, reference: string): Decimal {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`Line ${reference}: ${JSON.stringify(text)} is not a number`)
  return new Exact(text)
}

/** `1/12/2010`, day first, as `2010-12-01`. */
function parseDate(text: string, reference: string): string {
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? []
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const time = Date.parse(date)
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) {
    throw new Error(`Line ${reference}: ${JSON.stringify(text)} is not a date d/m/yyyy`)
  }
  return date
}
