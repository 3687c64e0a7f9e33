import type { Db } from '../../src/db/open.ts'

/** The same database, where something happens whenever a statement was answered, before the answer is handed on. */
export function afterEachStatement(db: Db, happen: () => Promise<unknown>): Db {
  return db.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      await happen()
      return result
    },
  })
}
