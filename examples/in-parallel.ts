/** Does the work for every item, at most `limit` at once. The first failure stops what has not begun, and is thrown. */
export async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // One generator for all takers: each item is handed out once, and a taker that fails closes it for the others.
  const queue = handOut(items)
  const take = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: limit }, take))
}

function* handOut<Item>(items: readonly Item[]): Generator<Item> {
  yield* items
}
