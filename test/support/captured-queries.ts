import { CompiledQuery } from 'kysely'
import type { Db } from '../../src/db/open.ts'

export type Captured = { readonly sql: string; readonly parameters: readonly unknown[] }

/** Gives every statement that this pool was asked for while `act` ran, transactions left out. */
export async function capturing(db: Db, act: () => Promise<unknown>): Promise<readonly Captured[]> {
  const captured: Captured[] = []
  const executor = db.getExecutor()
  const execute = executor.executeQuery
  executor.executeQuery = (query, ...rest) => {
    captured.push({ sql: query.sql, parameters: query.parameters })
    return execute.call(executor, query, ...rest) as never
  }
  try {
    await act()
  } finally {
    executor.executeQuery = execute
  }
  return captured
}

/** A node of a plan, as far as it is looked at here. */
type PlanNode = {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly PlanNode[]
}

/** One reading of a table: how, and how many rows were looked at, whether they were wanted or not. */
export type TableRead = { readonly table: string; readonly how: string; readonly index: string; readonly rows: number }

/** Runs a statement again on the same pool, with the plan that it has there, and tells how it reads its tables. */
export async function explain(db: Db, { sql, parameters }: Captured): Promise<readonly TableRead[]> {
  const query = CompiledQuery.raw(`explain (analyze, timing off, format json) ${sql}`, [...parameters])
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(query)
  return readsOf(rows[0]?.['QUERY PLAN'][0]?.Plan as PlanNode)
}

function readsOf(node: PlanNode): readonly TableRead[] {
  const below = (node.Plans ?? []).flatMap(readsOf)
  const table = node['Relation Name']
  if (table === undefined) return below
  const each =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
  const rows = Math.round(each * node['Actual Loops'])
  return [{ table, how: node['Node Type'], index: node['Index Name'] ?? 'its bitmap', rows }, ...below]
}
