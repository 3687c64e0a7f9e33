import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type GatherOptions, gather } from '../../src/work/gather.ts'
import { tryAllThenEach } from '../../src/work/try-all-then-each.ts'
import { eventually } from '../support/eventually.ts'

/** Gathers items into groups whose work ends when the test says so. */
function openGather(options: GatherOptions<number>) {
  const groups: {
    readonly items: readonly number[]
    readonly end: () => void
    readonly fail: (error: Error) => void
  }[] = []
  const add = gather<number, string>(options, (items) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    groups.push({ items, end: () => resolve(items.map((item) => `did ${item}`)), fail: reject })
    return promise
  })
  return { add, groups, begun: () => groups.map(({ items }) => items) }
}

describe('gather', () => {
  test('begins at once while nothing is under way, then works together on what has arrived meanwhile', async () => {
    const { add, groups, begun } = openGather({ maxSize: 10, concurrency: 1 })
    const all = [1, 2, 3].map(add)
    expect(begun()).toEqual([[1]])
    groups[0]?.end()
    await nextTurn()
    expect(begun()).toEqual([[1], [2, 3]])
    groups[1]?.end()
    expect(await Promise.all(all)).toEqual(['did 1', 'did 2', 'did 3'])
    void add(4)
    expect(begun().at(-1)).toEqual([4])
  })

  test('has no more groups under way at once than it may', async () => {
    const { add, groups, begun } = openGather({ maxSize: 10, concurrency: 2 })
    const all = [1, 2, 3, 4].map(add)
    expect(begun()).toEqual([[1], [2]])
    groups[1]?.end()
    await nextTurn()
    expect(begun()).toEqual([[1], [2], [3, 4]])
    for (const { end } of groups) end()
    expect(await Promise.all(all)).toEqual(['did 1', 'did 2', 'did 3', 'did 4'])
  })

  test.each([
    [3, [[0], [1, 1, 1], [1]]],
    [1, [[0], [1], [1], [1], [1]]],
  ])('takes at most %i items into a group', async (max, expected) => {
    const { add, groups, begun } = openGather({ maxSize: max, concurrency: 1 })
    const all = [0, 1, 1, 1, 1].map(add)
    for (let ended = 0; ended < expected.length; ended += 1) {
      groups[ended]?.end()
      await nextTurn()
    }
    expect(begun()).toEqual(expected)
    await Promise.all(all)
  })

  test('counts items by their size, and takes one however large it is', async () => {
    const { add, groups, begun } = openGather({ maxSize: 10, concurrency: 1, sizeOf: (item) => item })
    const all = [1, 4, 6, 1, 50, 2].map(add)
    for (let ended = 0; ended < 5; ended += 1) {
      groups[ended]?.end()
      await nextTurn()
    }
    expect(begun()).toEqual([[1], [4, 6], [1], [50], [2]])
    await Promise.all(all)
  })

  test('a group that fails fails all that is in it, and nothing else', async () => {
    const { add, groups } = openGather({ maxSize: 10, concurrency: 1 })
    const all = Promise.allSettled([1, 2, 3].map(add))
    groups[0]?.end()
    await nextTurn()
    groups[1]?.fail(new Error('away'))
    await nextTurn()
    const later = add(4)
    groups[2]?.end()
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await later).toBe('did 4')
  })

  describe('with overtaking', () => {
    const options = { maxSize: 10, concurrency: 1, overtaking: { slowAfterMs: 20, maxSlow: 2 } }

    test('others begin beside groups that are slow, a bounded number of them, and not beside others', async () => {
      const { add, groups, begun } = openGather(options)
      void [1, 2].map(add)
      await eventually(() => expect(begun()).toEqual([[1], [2]]))
      await sleep(50)
      void add(3)
      expect(begun()).toEqual([[1], [2], [3]])
      void [4, 5].map(add)
      await sleep(50)
      expect(begun()).toHaveLength(3)
      groups[0]?.end()
      await eventually(() => expect(begun()).toEqual([[1], [2], [3], [4, 5]]))
    })

    test('when what was slow has ended, groups begin one after the other again', async () => {
      const { add, groups, begun } = openGather(options)
      const all = [1, 2].map(add)
      await eventually(() => expect(begun()).toHaveLength(2))
      for (const { end } of groups) end()
      await Promise.all(all)
      void [3, 4].map(add)
      expect(begun()).toEqual([[1], [2], [3]])
    })
  })

  describe('with limits on waiting', () => {
    const refuse = () => new Error('too busy')
    const limitedTo = (maxItems: number, maxMs: number) => ({
      maxSize: 10,
      concurrency: 1,
      waiting: { maxItems, maxMs, refuse },
    })

    test('what is too much is refused at once, and is not worked on', async () => {
      const { add, groups, begun } = openGather(limitedTo(2, 60_000))
      const all = [1, 2, 3].map(add)
      await expect(add(4)).rejects.toThrow('too busy')
      groups[0]?.end()
      await nextTurn()
      groups[1]?.end()
      expect(await Promise.all(all)).toEqual(['did 1', 'did 2', 'did 3'])
      expect(begun()).toEqual([[1], [2, 3]])
    })

    test('what has waited for too long is refused, and is not worked on; what came later still is', async () => {
      const { add, groups, begun } = openGather(limitedTo(10, 100))
      const first = add(1)
      await expect(add(2)).rejects.toThrow('too busy')
      const later = add(3)
      groups[0]?.end()
      await nextTurn()
      groups[1]?.end()
      expect(await Promise.all([first, later])).toEqual(['did 1', 'did 3'])
      expect(begun()).toEqual([[1], [3]])
    })
  })
})

describe('tryAllThenEach', () => {
  const deadlock = Object.assign(new Error('deadlock'), { code: '40P01' })

  /** Work that fails when one of `bad` is in it, and a list of what was tried. */
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

  test('a single item is tried once', async () => {
    const { work, tried } = workRefusing(1)
    expect([...(await tryAllThenEach([1], work)).keys()]).toEqual([1])
    expect(tried).toHaveLength(1)
  })

  test('after a system fault no item is tried by itself, since it would fail with the same error', async () => {
    const tried: (readonly number[])[] = []
    const work = (items: readonly number[]) => {
      tried.push(items)
      return Promise.reject(deadlock)
    }
    expect(await tryAllThenEach([1, 2], work)).toEqual(new Map([1, 2].map((item) => [item, deadlock])))
    expect(tried).toEqual([[1, 2]])
  })
})
