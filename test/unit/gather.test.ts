import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { togetherOrAlone } from '../../src/ledger/together-or-alone.ts'
import { type Gathering, gather } from '../../src/queue/gather.ts'

/** A gathering whose lots end when they are told to. */
function openGathering(options: Gathering<number>) {
  const lots: { readonly items: readonly number[]; readonly end: () => void; readonly fail: (error: Error) => void }[] =
    []
  const add = gather<number, string>(options, (items) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    lots.push({ items, end: () => resolve(items.map((item) => `did ${item}`)), fail: reject })
    return promise
  })
  return { add, lots, begun: () => lots.map(({ items }) => items) }
}

describe('gather', () => {
  test('begins at once while nothing is under way, then works together on what has arrived meanwhile', async () => {
    const { add, lots, begun } = openGathering({ most: 10, atOnce: 1 })
    const all = [1, 2, 3].map(add)
    expect(begun()).toEqual([[1]])
    lots[0]?.end()
    await nextTurn()
    expect(begun()).toEqual([[1], [2, 3]])
    lots[1]?.end()
    expect(await Promise.all(all)).toEqual(['did 1', 'did 2', 'did 3'])
    void add(4)
    expect(begun().at(-1)).toEqual([4])
  })

  test('has no more lots under way at once than it may', async () => {
    const { add, lots, begun } = openGathering({ most: 10, atOnce: 2 })
    const all = [1, 2, 3, 4].map(add)
    expect(begun()).toEqual([[1], [2]])
    lots[1]?.end()
    await nextTurn()
    expect(begun()).toEqual([[1], [2], [3, 4]])
    for (const { end } of lots) end()
    expect(await Promise.all(all)).toEqual(['did 1', 'did 2', 'did 3', 'did 4'])
  })

  test.each([
    [3, [[0], [1, 1, 1], [1]]],
    [1, [[0], [1], [1], [1], [1]]],
  ])('takes at most %i into a lot', async (most, expected) => {
    const { add, lots, begun } = openGathering({ most, atOnce: 1 })
    const all = [0, 1, 1, 1, 1].map(add)
    for (let ended = 0; ended < expected.length; ended += 1) {
      lots[ended]?.end()
      await nextTurn()
    }
    expect(begun()).toEqual(expected)
    await Promise.all(all)
  })

  test('counts items by their size, and takes one however large it is', async () => {
    const { add, lots, begun } = openGathering({ most: 10, atOnce: 1, sizeOf: (item) => item })
    const all = [1, 4, 6, 1, 50, 2].map(add)
    for (let ended = 0; ended < 5; ended += 1) {
      lots[ended]?.end()
      await nextTurn()
    }
    expect(begun()).toEqual([[1], [4, 6], [1], [50], [2]])
    await Promise.all(all)
  })

  test('a lot that fails fails all that is in it, and nothing else', async () => {
    const { add, lots } = openGathering({ most: 10, atOnce: 1 })
    const all = Promise.allSettled([1, 2, 3].map(add))
    lots[0]?.end()
    await nextTurn()
    lots[1]?.fail(new Error('away'))
    await nextTurn()
    const later = add(4)
    lots[2]?.end()
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await later).toBe('did 4')
  })
})

describe('together or alone', () => {
  const passing = Object.assign(new Error('deadlock'), { code: '40P01' })

  /** Work that fails whenever one of `bad` is in it; with what was tried. */
  const workRefusing = (...bad: readonly number[]) => {
    const tried: (readonly number[])[] = []
    const work = async (items: readonly number[]) => {
      tried.push(items)
      const refused = items.find((item) => bad.includes(item))
      if (refused !== undefined) throw new Error(`refused ${refused}`)
    }
    return { work, tried }
  }

  test('works on all at once when nothing fails', async () => {
    const { work, tried } = workRefusing()
    expect(await togetherOrAlone([1, 2, 3], work)).toEqual(new Map())
    expect(tried).toEqual([[1, 2, 3]])
  })

  test('one that fails does not fail the others', async () => {
    const { work, tried } = workRefusing(2, 3)
    const failures = await togetherOrAlone([1, 2, 3, 4], work)
    expect(failures).toEqual(new Map([2, 3].map((item) => [item, new Error(`refused ${item}`)])))
    expect(tried).toEqual([[1, 2, 3, 4], [1], [2], [3], [4]])
  })

  test('a single one is tried once', async () => {
    const { work, tried } = workRefusing(1)
    expect([...(await togetherOrAlone([1], work)).keys()]).toEqual([1])
    expect(tried).toHaveLength(1)
  })

  test('a reason that passes is thrown, for all to be tried again', async () => {
    await expect(togetherOrAlone([1, 2], () => Promise.reject(passing))).rejects.toBe(passing)
  })
})
