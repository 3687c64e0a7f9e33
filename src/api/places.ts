import { ENTRY_KINDS, type EntryKind } from '../billing/entries.ts'
import type { ChargePlace } from '../reads/charges.ts'
import type { MomentPlace } from '../reads/keyset.ts'
import type { StatementPlace } from '../reads/statement.ts'
import type { TransactionPlace } from '../reads/transactions.ts'

/** How the place of a row in its list is written in a cursor, which is the text in base64url. */
export type PlaceFormat<Place> = {
  readonly pattern: RegExp
  readonly parse: (match: RegExpExecArray) => Place
  readonly write: (place: Place) => string
}

const text = (pattern: RegExp): PlaceFormat<string> => ({ pattern, parse: ([all]) => all, write: (place) => place })

export const UUID_PLACE = text(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)

export const NAME_PLACE = text(/^[A-Za-z0-9_.-]{1,64}$/)

/** The name of a bill group. */
export const GROUP_PLACE = text(/^[A-Za-z0-9_.:-]{1,64}$/)

export const NUMBER_PLACE: PlaceFormat<number> = {
  pattern: /^(0|[1-9][0-9]{0,15})$/,
  parse: ([all]) => Number(all),
  write: String,
}

/** A time to the microsecond, and an id. */
export const MOMENT_PLACE: PlaceFormat<MomentPlace> = {
  pattern: /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  parse: ([, at = '', id = '']) => ({ at, id }),
  write: ({ at, id }) => `${at}/${id}`,
}

/** A time to the microsecond, the kind of an entry, and an id. */
export const STATEMENT_PLACE: PlaceFormat<StatementPlace> = {
  pattern:
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\/(invoice|disbursement)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  parse: ([, at = '', kind, id = '']) => ({ at, kind: kind as StatementPlace['kind'], id }),
  write: ({ at, kind, id }) => `${at}/${kind}/${id}`,
}

/** The number of its invoice or `pending`, the date of a charge, and its id. */
export const CHARGE_PLACE: PlaceFormat<ChargePlace> = {
  pattern: /^(pending|[1-9][0-9]{0,14})\/(\d{4}-\d\d-\d\d)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  parse: ([, number = '', chargedOn = '', id = '']) => ({
    number: number === 'pending' ? undefined : Number(number),
    chargedOn,
    id,
  }),
  write: ({ number = 'pending', chargedOn, id }) => `${number}/${chargedOn}/${id}`,
}

/** A kind of entry, the date or the time that orders it, and an id. */
export const TRANSACTION_PLACE: PlaceFormat<TransactionPlace> = {
  pattern: new RegExp(
    String.raw`^(${ENTRY_KINDS.join('|')})/(\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00)?)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`,
  ),
  parse: ([, kind, at = '', id = '']) => ({ kind: kind as EntryKind, at, id }),
  write: ({ kind, at, id }) => `${kind}/${at}/${id}`,
}
