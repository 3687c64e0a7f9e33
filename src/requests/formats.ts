import { Type } from 'typebox'
import { AMOUNT_PATTERN } from '../money.ts'

/** Text that people read: no control characters, no lone surrogates (Postgres cannot store them), and at least one visible character. */
const text = (maxLength: number, what: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern:
      '^(?=[\\s\\S]*\\S)(?:[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F\\uD800-\\uDFFF]|[\\uD800-\\uDBFF][\\uDC00-\\uDFFF])*$',
    description: `${what}: 1 to ${maxLength} characters, not blanks alone, no control characters`,
  })

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
export const Uuid = Type.String({ pattern: UUID, description: 'A UUID in lower case' })
export const InvoiceIdOrNumber = Type.String({
  pattern: `${UUID}|^[1-9][0-9]{0,14}$`,
  description: 'A UUID in lower case, or the number of an invoice',
})
export const AccountId = Type.String({
  pattern: '^[A-Za-z0-9_.:-]{1,64}$',
  description: "The caller's own key of the account: 1 to 64 of A-Z a-z 0-9 . _ : -",
})
export const Amount = Type.String({
  pattern: AMOUNT_PATTERN,
  description:
    'A decimal string greater than zero such as "50.00", with at most 15 digits before the point and at most the decimals of the currency after it',
})
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'An ISO 4217 code such as USD' })
export const BillGroup = Type.String({
  pattern: '^[A-Za-z0-9_.:-]{1,64}$',
  description: 'The bill group: 1 to 64 of A-Z a-z 0-9 . _ : -',
})
export const Name = text(200, 'A name that people read')
export const Description = text(500, 'A text that says what it is for')
export const Note = text(2_000, 'A note for operators, kept out of logs')
export const Reference = text(200, "The caller's own id of it, unique per account")
export const CalendarDate = Type.String({
  format: 'date',
  pattern: '^(19|20|21)',
  description: 'A date, YYYY-MM-DD, from 1900 to 2199',
})
