import { expect, test } from 'vitest'
import { cutBatches } from '../../src/ledger/bill-runs/cut-batches.ts'

/** Accounts with the ids 1, 2 and so on, and so many pending charges each. */
const accounts = (...charges: readonly number[]) => charges.map((count, index) => ({ id: index + 1, charges: count }))

test.each<[string, readonly number[], readonly (readonly number[])[]]>([
  ['nothing', [], []],
  [
    'by accounts, when they have few charges',
    [1, 1, 1, 1, 1],
    [
      [1, 2, 3],
      [4, 5],
    ],
  ],
  ['by charges, when they have many', [6, 4, 1, 9, 1], [[1, 2], [3, 4], [5]]],
  ['one that fills a batch exactly', [10, 10], [[1], [2]]],
  ['one with more than a batch may have, by itself', [1, 50, 1], [[1], [2], [3]]],
  ['accounts with credits alone', [0, 0, 0, 0], [[1, 2, 3], [4]]],
])('%s', (_, charges, expected) => {
  expect(cutBatches(accounts(...charges), { maxAccounts: 3, maxCharges: 10 })).toEqual(expected)
})
