import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROCESSES } from '../../src/work/processes.ts'

test('docker-compose.yml carries every kind of work once', async () => {
  const compose = await readFile(join(import.meta.dirname, '../../docker-compose.yml'), 'utf8')
  const carried = [...compose.matchAll(/"--kinds", "([^"]+)"/g)].flatMap(([, kinds = '']) => kinds.split(','))
  expect(carried.toSorted()).toEqual([...PROCESSES].toSorted())
})
