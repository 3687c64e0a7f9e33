import { type Static, Type } from 'typebox'
import { formatAmount, Money } from '../../money.ts'
import type { StatementEntryRow, StatementPlace, StatementRow } from '../../reads/statement.ts'
import { MAX_CHARGES_ADDED_UP } from '../../reads/statement.ts'
import { AccountId, CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { STATEMENT_PLACE } from '../places.ts'
import { Sum } from './sum.ts'
import { Time } from './time.ts'

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

/** A line of a statement: an invoice, which is owed, or a disbursement, which pays of it. */
export const StatementEntryView = Type.Object(
  {
    at: Time,
    date: { ...CalendarDate, description: 'The date of the document: that of an invoice, else the day in UTC' },
    kind: Type.Enum(['invoice', 'disbursement']),
    description: Type.String(),
    reference: orNull(Type.String({ description: "The caller's own id of the credit" })),
    invoiceId: Uuid,
    invoiceNumber: Type.Integer(),
    creditId: orNull(Uuid),
    automatic: Type.Union([Type.Boolean(), Type.Null()], { description: 'Whether a bill run disbursed it' }),
    debit: Sum('What is owed more; 0 of a disbursement'),
    credit: Sum('What is owed less; 0 of an invoice'),
    balance: Sum('What the account owed after it'),
    currency: Currency,
    reversedCredits: Type.Array(
      Type.Object({ creditId: Uuid, description: Type.String(), amount: Sum('Its amount') }),
      {
        description: 'The credits that are reversed on an invoice, which its debit contains; the first 20',
      },
    ),
  },
  { description: 'A line of the statement', examples: [ANSWERS.statementEntry] },
)
export type StatementEntryView = Static<typeof StatementEntryView>

/** What an account owed when, with the proof that it adds up. */
export const StatementView = Type.Object(
  {
    accountId: AccountId,
    currency: Currency,
    opening: Sum('What it owed before the range'),
    data: Type.Array(StatementEntryView),
    nextCursor: orNull(Type.String({ description: 'Null on the last page' })),
    debits: Sum('What the debits of the whole range add up to'),
    credits: Sum('What the credits of the whole range add up to'),
    closing: Sum('What it owed at the end of the range'),
    proof: Type.Object(
      {
        owed: Sum('What its invoices owe'),
        charged: Sum(
          `Its billed charges; of more than ${MAX_CHARGES_ADDED_UP.toLocaleString('en')}, what its invoices say of them`,
        ),
        reversed: Sum('Its reversed credits'),
        disbursed: Sum('Its disbursements'),
        issued: Sum('Its credits that were ever issued'),
        creditLeft: Sum('What its issued credits have left'),
        conserved: Type.Boolean({
          description:
            'Whether owed = charged + reversed - disbursed, and owed - creditLeft = charged - issued + reversed',
        }),
      },
      { description: 'Over the whole life of the account, up to now, whatever the range' },
    ),
  },
  { description: 'The statement', examples: [ANSWERS.statement] },
)
export type StatementView = Static<typeof StatementView>

function presentEntry(row: StatementEntryRow): StatementEntryView {
  const { currency } = row
  const isInvoice = row.kind === 'invoice'
  return {
    at: new Date(row.place).toISOString(),
    date: isInvoice ? row.issued_on : row.place.slice(0, 10),
    kind: row.kind,
    description: isInvoice ? `Invoice ${row.number}` : `${row.reason ?? ''}, to invoice ${row.number}`,
    reference: row.reference,
    invoiceId: row.invoice_id,
    invoiceNumber: row.number,
    creditId: row.credit_id,
    automatic: row.automatic,
    debit: formatAmount(row.debit, currency),
    credit: formatAmount(row.credit, currency),
    balance: formatAmount(row.balance, currency),
    currency,
    reversedCredits: row.reversed.map(({ id, reason, amount }) => ({
      creditId: id,
      description: `Reversed Credit: ${reason}`,
      amount: formatAmount(amount, currency),
    })),
  }
}

/** The entries of a statement, as a list. */
export const STATEMENT_ENTRIES: List<StatementEntryRow, StatementPlace, StatementEntryView> = {
  present: presentEntry,
  format: STATEMENT_PLACE,
  placeOf: ({ place, kind, id }) => ({ at: place, kind, id }),
}

export type StatementSums = Omit<StatementView, 'data' | 'nextCursor'>

/** The sums of a statement. */
export function presentStatement(row: StatementRow): StatementSums {
  const { key, currency } = row
  const say = (amount: string) => formatAmount(amount, currency)
  return {
    accountId: key,
    currency,
    opening: say(row.opening),
    debits: say(row.debits),
    credits: say(row.credits),
    closing: say(row.closing),
    proof: {
      owed: say(row.balance),
      charged: say(row.charged),
      reversed: say(row.reversed),
      disbursed: say(row.disbursed),
      issued: say(row.issued),
      creditLeft: say(row.credit_left),
      conserved: isConserved(row),
    },
  }
}

/** docs/domain.md, "Invoice arithmetic" and "What must hold at all times", 5. */
function isConserved({ balance, credit_left, charged, issued, reversed, disbursed }: StatementRow): boolean {
  const owed = new Money(balance)
  return (
    owed.eq(new Money(charged).plus(reversed).minus(disbursed)) &&
    owed.minus(credit_left).eq(new Money(charged).minus(issued).plus(reversed))
  )
}
