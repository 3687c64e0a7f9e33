import { type Money, sum } from '../money.ts'

/** A kind of entry on an invoice: its effect on the invoice's sums, and its label. */
export type Entry = {
  /** Whether its amount is part of the invoice's total, and so of what the invoice owes. */
  readonly raisesTotal: boolean
  /** The start of its line, before the description of the charge or the reason of the credit. */
  readonly label: string
}

/** The kinds of entries, in their order on an invoice (docs/domain.md, "Invoice arithmetic"). */
export const ENTRIES = {
  charge: { raisesTotal: true, label: '' },
  reversed_credit: { raisesTotal: true, label: 'Reversed Credit: ' },
  credit: { raisesTotal: false, label: 'Credit: ' },
} as const satisfies Readonly<Record<string, Entry>>

export type EntryKind = keyof typeof ENTRIES
export const ENTRY_KINDS = Object.keys(ENTRIES) as readonly EntryKind[]

/** The total of an invoice, from the sums of its entries by kind. */
export const totalOf = (sums: Readonly<Record<EntryKind, Money>>): Money =>
  sum(ENTRY_KINDS.filter((kind) => ENTRIES[kind].raisesTotal).map((kind) => sums[kind]))
