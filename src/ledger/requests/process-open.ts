import { Refusal } from '../../problems.ts'

/**
 * Processes the items that are still open in one call. Returns one outcome for each item, in order. An item that is not open, such as a
 * refusal, is its own outcome.
 */
export async function processOpen<Item, Open extends Item, Outcome>(
  items: readonly Item[],
  isOpen: (item: Item) => item is Open,
  process: (open: readonly Open[]) => Promise<readonly Outcome[]>,
): Promise<readonly (Exclude<Item, Open> | Outcome)[]> {
  const open = items.filter(isOpen)
  const outcomes = open.length === 0 ? [] : await process(open)
  const next = outcomes.values()
  return items.map((item) => (isOpen(item) ? (next.next().value as Outcome) : (item as Exclude<Item, Open>)))
}

export const isNotRefused = <Item>(item: Item | Refusal): item is Item => !(item instanceof Refusal)
