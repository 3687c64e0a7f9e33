import { expect, test } from 'vitest'
import { idOf, wakeUpsFor } from '../../src/queue/job-contract.ts'

test('wake-ups for as many things, of which the first is the same, have ids of their own', () => {
  const id = (...ids: string[]) => idOf({ v: 2, ids })
  expect(new Set([id('a'), id('a', 'b'), id('a', 'c'), id('b', 'a')]).size).toBe(4)
  expect(id('a', 'b')).toBe(id('a', 'b'))
})

test('what gathers has one wake-up for a thousand things, what does not has one for each', () => {
  const ids = Array.from({ length: 1_001 }, (_, index) => `${index}`)
  const sizes = (gathers: boolean) => wakeUpsFor({ name: 'x', gathers }, ids).map((wakeUp) => wakeUp.ids.length)
  expect(sizes(true)).toEqual([1_000, 1])
  expect(sizes(false)).toEqual(ids.map(() => 1))
  expect(wakeUpsFor({ name: 'x', gathers: true }, [])).toEqual([])
})
