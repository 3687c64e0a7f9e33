import { expect, test } from 'vitest'
import { idOfAccepted } from '../../src/work/accepted-jobs.ts'

test('wake-ups of as many jobs, of which the first is the same, have ids of their own', () => {
  const idOf = (...jobIds: string[]) => idOfAccepted({ v: 1, jobIds })
  expect(new Set([idOf('a'), idOf('a', 'b'), idOf('a', 'c'), idOf('b', 'a')]).size).toBe(4)
  expect(idOf('a', 'b')).toBe(idOf('a', 'b'))
})
