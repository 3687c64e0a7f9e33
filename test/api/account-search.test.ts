import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Account, Page } from '../../src/api/types.ts'
import { MAX_FOUND } from '../../src/reads/search-accounts.ts'
import { execute } from '../support/database.ts'
import { get } from '../support/expected-answer.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

/** Key, name, and bill group. */
const ACCOUNTS = [
  ['lon', 'Zebra Ltd', 'uk'],
  ['LON-2', 'Yak Ltd', 'uk'],
  ['a1', 'London Trading', 'uk'],
  ['a2', 'Bank of London', 'uk'],
  ['a3', 'Colony & Sons', 'fr'],
  ['a4', 'Société Générale', 'fr'],
  ['a5', 'ООО Ромашка', 'fr'],
  ['a6', '100% Pure_Water', 'fr'],
  ['a7', '(Kestrel) 東京電力', 'fr'],
  ['.', 'Dot', 'fr'],
  ['..', 'Dots', 'fr'],
] as const

beforeAll(async () => {
  service = await openService()
  for (const [accountId, name, billGroup] of ACCOUNTS) {
    const answer = await service.call('POST', '/v1/accounts', { body: { accountId, name, currency: 'USD', billGroup } })
    expect(answer.status).toBe(201)
  }
})
afterAll(() => service.close())

/** `billGroup` is '' for all. */
type Case = readonly [what: string, query: string, keys: readonly string[], billGroup: string]

async function found(query: string, rest = ''): Promise<readonly string[]> {
  const path = `/v1/accounts?query=${encodeURIComponent(query)}${rest}`
  return (await get<Page<Account>>(service, path)).data.map(({ accountId }) => accountId)
}

test.each<Case>([
  [
    'the very key, then keys, names and words that begin with it, then names within',
    'lon',
    ['lon', 'LON-2', 'a1', 'a2', 'a3'],
    '',
  ],
  ['in capitals: a key that is not quite it', 'LON', ['lon', 'LON-2', 'a1', 'a2', 'a3'], ''],
  ['of another bill group', 'lon', ['a3'], 'fr'],
  ['several words', 'of london', ['a2'], ''],
  ['blanks around and between', '  bank   of ', ['a2'], ''],
  ['without accents', 'societe gen', ['a4'], ''],
  ['with accents in capitals', 'SOCIÉTÉ', ['a4'], ''],
  ['another alphabet, a word', 'ромаш', ['a5'], ''],
  ['another alphabet, within a word', 'машк', ['a5'], ''],
  ['characters that are words', '京電力', ['a7'], ''],
  ['a percent sign is one', '0% pure_w', ['a6'], ''],
  ['a line is one', '100__pure', [], ''],
  ['a backslash is one', 'lon\\', [], ''],
  ['after a bracket', 'kestrel', ['a7'], ''],
  ['one letter: only at a beginning', 'z', ['lon'], ''],
  ['two letters: also at the beginning of a word', 'tr', ['a1'], ''],
  ['a dot', '.', ['.', '..'], ''],
  ['two dots', '..', ['..'], ''],
  ['signs alone', '&&', [], ''],
  ['a quote', "l'o", [], ''],
  ['nobody', 'nobody', [], ''],
])('%s: %s', async (_, query, keys, billGroup) => {
  expect(await found(query, billGroup ? `&billGroup=${billGroup}` : '')).toEqual(keys)
})

test.each([
  ['nothing', ''],
  ['blanks', '%20%20'],
  ['a control character', '%00'],
  ['too long', 'x'.repeat(201)],
])('%s is refused', async (_, query) => {
  expectProblem(await service.call('GET', `/v1/accounts?query=${query}`), 400, 'invalid_request')
})

test('what is found is paged through, and nothing comes twice', async () => {
  const keys: string[] = []
  for (let cursor = ''; ; ) {
    const page = await get<Page<Account>>(service, `/v1/accounts?query=lon&limit=2${cursor}`)
    keys.push(...page.data.map(({ accountId }) => accountId))
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  expect(keys).toEqual(['lon', 'LON-2', 'a1', 'a2', 'a3'])
})

test('a text that very many names have finds some, and not all', async () => {
  await execute(
    service.database.ownerUrl,
    `insert into account (key, name, currency) select 'many-' || n, 'Number ' || n || ' Common', 'USD' from generate_series(1, 1000) n`,
  )
  expect(await found('common', '&limit=500')).toHaveLength(MAX_FOUND)
})
