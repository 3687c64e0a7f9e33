import { expect } from 'vitest'
import { answerPage } from '../../src/api/paging.ts'
import type { Statement } from '../../src/api/types.ts'
import { presentStatement, STATEMENT_ENTRIES } from '../../src/api/views/statement-view.ts'
import type { Db } from '../../src/db/open.ts'
import { Money } from '../../src/money.ts'
import { readStatement } from '../../src/reads/statement.ts'

/** The statement of an account over its whole life, a few entries a page, adds up line by line to what it owes, and never falls below zero. */
export async function expectStatement(db: Db, key: string, owed: string): Promise<void> {
  const entries: Statement['data'][number][] = []
  for (let cursor: string | undefined; ; ) {
    let sums: ReturnType<typeof presentStatement> | undefined
    const page = await answerPage({ limit: '7', cursor }, STATEMENT_ENTRIES, async (place) => {
      const statement = await readStatement(db, key, { ...place, from: undefined, to: undefined })
      sums = presentStatement(statement)
      return statement.entries
    })
    entries.push(...page.data)
    if (page.nextCursor !== null) {
      cursor = page.nextCursor
      continue
    }
    expect(sums).toMatchObject({ closing: owed, proof: { owed, conserved: true } })
    expect(sums?.opening).toMatch(/^0(\.0+)?$/)
    break
  }
  let balance = new Money(0)
  const issued = new Set<string>()
  for (const { kind, invoiceId, debit, credit, balance: said } of entries) {
    balance = balance.plus(debit).minus(credit)
    expect(new Money(said).eq(balance)).toBe(true)
    expect(balance.isNegative()).toBe(false)
    if (kind === 'invoice') issued.add(invoiceId)
    expect(issued, 'a disbursement comes after its invoice').toContain(invoiceId)
  }
  expect(balance.eq(owed)).toBe(true)
  expect(
    new Set(entries.map(({ kind, invoiceId, creditId, at }) => [kind, invoiceId, creditId, at].join())).size,
  ).toBeLessThanOrEqual(entries.length)
}
