import { expect, test } from 'vitest'
import { isNotRefused, processOpen } from '../../src/ledger/requests/process-open.ts'
import { Refusal } from '../../src/problems.ts'

const refused = new Refusal('account_not_found', 'there is no account nobody')
const late = new Refusal('reference_reused', 'it was used')

const CASES: readonly (readonly [string, readonly (number | Refusal)[], readonly unknown[], readonly unknown[]])[] = [
  ['nothing', [], [], []],
  ['all open', [1, 2], [1, 2], ['1', '2']],
  ['none open', [refused, refused], [], [refused, refused]],
  ['some open', [refused, 1, refused, 2], [1, 2], [refused, '1', refused, '2']],
  ['one refused by what processes it', [1, refused, 0], [1, 0], ['1', refused, late]],
]

test.each(CASES)(
  '%s: what is open is processed together, and what came of each stands in its place',
  async (...row) => {
    const [, items, open, outcomes] = row
    const asked: unknown[] = []
    const came = await processOpen(items, isNotRefused, async (numbers) => {
      asked.push(...numbers)
      return numbers.map((number) => (number === 0 ? late : String(number)))
    })
    expect(asked).toEqual(open)
    expect(came).toEqual(outcomes)
  },
)
