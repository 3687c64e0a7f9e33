import { expect, test } from 'vitest'
import { readArguments, verbOf } from '../../src/cli/arguments.ts'

const isCommand = (name: string) => ['credit', 'bill-run', 'serve'].includes(name)

test.each([
  ['credits ls', 'credit ls'],
  ['start', 'serve'],
  ['news', 'news'],
  ['credit list --json=creditId,amount', 'credit list --json-fields=creditId,amount'],
  ['credit show --json acme', 'credit show --json acme'],
  ['credit --no-color list', 'credit list'],
  ['credit show -- --json=a --no-color', 'credit show -- --json=a --no-color'],
])('nightbill %s is nightbill %s', (given, meant) => {
  expect(readArguments(given.split(' '), isCommand).args.join(' ')).toBe(meant)
})

test('--no-color is heard wherever it stands', () => {
  expect(readArguments(['credit', 'list', '--no-color'], isCommand).colour).toBe(false)
  expect(readArguments(['credit', 'list'], isCommand).colour).toBe(true)
})

test.each([
  ['ls', ['list', 'show'], 'list'],
  ['get', ['list', 'show'], 'show'],
  ['get', ['get', 'post'], 'get'],
  ['rm', ['delete', 'list'], 'delete'],
  ['rm', ['create', 'revoke'], 'revoke'],
  ['frobnicate', ['list'], 'frobnicate'],
  [undefined, ['list'], undefined],
])('%s among %j is %s', (verb, known, meant) => {
  expect(verbOf(verb, known)).toBe(meant)
})
