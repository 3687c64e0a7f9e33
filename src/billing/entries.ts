import { type Money, sum } from '../money.ts'

/** A kind of entry that stands on an invoice: what it does to the invoice's sums, and how it reads. */
export type Entry = {
  /** Whether its amount counts towards the invoice's total, and so to what it owes. */
  readonly raisesTotal: boolean
  /** What its line begins with, before the description of the charge or the reason of the credit. */
  readonly label: string
}

/** The kinds of entries, in the order in which they stand on an invoice (docs/domain.md, "Invoice arithmetic"). */
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
