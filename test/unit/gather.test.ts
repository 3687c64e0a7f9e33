import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Gathering, gather } from '../../src/work/gather.ts'
import { tryAllThenEach } from '../../src/work/try-all-then-each.ts'
import { eventually } from '../support/eventually.ts'

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
    const { add, lots, begun } = openGathering({ maxSize: 10, concurrency: 1 })
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
    const { add, lots, begun } = openGathering({ maxSize: 10, concurrency: 2 })
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
    const { add, lots, begun } = openGathering({ maxSize: most, concurrency: 1 })
    const all = [0, 1, 1, 1, 1].map(add)
    for (let ended = 0; ended < expected.length; ended += 1) {
      lots[ended]?.end()
      await nextTurn()
    }
    expect(begun()).toEqual(expected)
    await Promise.all(all)
  })

  test('counts items by their size, and takes one however large it is', async () => {
    const { add, lots, begun } = openGathering({ maxSize: 10, concurrency: 1, sizeOf: (item) => item })
    const all = [1, 4, 6, 1, 50, 2].map(add)
    for (let ended = 0; ended < 5; ended += 1) {
      lots[ended]?.end()
      await nextTurn()
    }
    expect(begun()).toEqual([[1], [4, 6], [1], [50], [2]])
    await Promise.all(all)
  })

  test('a lot that fails fails all that is in it, and nothing else', async () => {
    const { add, lots } = openGathering({ maxSize: 10, concurrency: 1 })
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

  describe('with overtaking', () => {
    const options = { maxSize: 10, concurrency: 1, overtaking: { slowAfterMs: 20, maxSlow: 2 } }

    test('others begin beside lots that are slow, a bounded number of them, and not beside others', async () => {
      const { add, lots, begun } = openGathering(options)
      void [1, 2].map(add)
      await eventually(() => expect(begun()).toEqual([[1], [2]]))
      await sleep(50)
      void add(3)
      expect(begun()).toEqual([[1], [2], [3]])
      void [4, 5].map(add)
      await sleep(50)
      expect(begun()).toHaveLength(3)
      lots[0]?.end()
      await eventually(() => expect(begun()).toEqual([[1], [2], [3], [4, 5]]))
    })

    test('when what was slow has ended, lots begin one after the other again', async () => {
      const { add, lots, begun } = openGathering(options)
      const all = [1, 2].map(add)
      await eventually(() => expect(begun()).toHaveLength(2))
      for (const { end } of lots) end()
      await Promise.all(all)
      void [3, 4].map(add)
      expect(begun()).toEqual([[1], [2], [3]])
    })
  })

  describe('with bounds to the waiting', () => {
    const refuse = () => new Error('too busy')
    const boundedBy = (maxItems: number, maxMs: number) => ({
      maxSize: 10,
      concurrency: 1,
      waiting: { maxItems, maxMs, refuse },
    })

    test('what is too much is refused at once, and is not worked on', async () => {
      const { add, lots, begun } = openGathering(boundedBy(2, 60_000))
      const all = [1, 2, 3].map(add)
      await expect(add(4)).rejects.toThrow('too busy')
      lots[0]?.end()
      await nextTurn()
      lots[1]?.end()
      expect(await Promise.all(all)).toEqual(['did 1', 'did 2', 'did 3'])
      expect(begun()).toEqual([[1], [2, 3]])
    })

    test('what has waited for too long is refused, and is not worked on; what came later still is', async () => {
      const { add, lots, begun } = openGathering(boundedBy(10, 100))
      const first = add(1)
      await expect(add(2)).rejects.toThrow('too busy')
      const later = add(3)
      lots[0]?.end()
      await nextTurn()
      lots[1]?.end()
      expect(await Promise.all([first, later])).toEqual(['did 1', 'did 3'])
      expect(begun()).toEqual([[1], [3]])
    })
  })
})

describe('together or alone', () => {
  const ofTheHouse = Object.assign(new Error('deadlock'), { code: '40P01' })

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
    expect(await tryAllThenEach([1, 2, 3], work)).toEqual(new Map())
    expect(tried).toEqual([[1, 2, 3]])
  })

  test('one that fails does not fail the others', async () => {
    const { work, tried } = workRefusing(2, 3)
    const failures = await tryAllThenEach([1, 2, 3, 4], work)
    expect(failures).toEqual(new Map([2, 3].map((item) => [item, new Error(`refused ${item}`)])))
    expect(tried).toEqual([[1, 2, 3, 4], [1], [2], [3], [4]])
  })

  test('a single one is tried once', async () => {
    const { work, tried } = workRefusing(1)
    expect([...(await tryAllThenEach([1], work)).keys()]).toEqual([1])
    expect(tried).toHaveLength(1)
  })

  test('a trouble of the house is that of all: none is tried alone, since it would meet the same', async () => {
    const tried: (readonly number[])[] = []
    const work = (items: readonly number[]) => {
      tried.push(items)
      return Promise.reject(ofTheHouse)
    }
    expect(await tryAllThenEach([1, 2], work)).toEqual(new Map([1, 2].map((item) => [item, ofTheHouse])))
    expect(tried).toEqual([[1, 2]])
  })
})
