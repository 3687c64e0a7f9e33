import { createHash } from 'node:crypto'
import pg from 'pg'
import { isStalePlan } from './classify-error.ts'

const names = new Map<string, string>()

/** The name of a prepared statement is a hash of its text, so that each connection parses and plans it once. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 24)
  names.set(text, name)
  return name
}

/**
 * A `pg` client that prepares every statement that has parameters: planning a statement of a batch can cost more than running it. A
 * connection keeps every statement text that it has seen. So a text must not depend on the number of rows: pass rows as arrays.
 */
export class PreparedClient extends pg.Client {
  /** Part of the names of statements. It is raised when a migration has made the prepared statements of this connection stale. */
  private renewals = 0

  // biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, of which Kysely uses this one
  override query(text: any, values?: any, callback?: any): any {
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0)
      return super.query(text, values, callback)
    const answer = super.query({ name: `${nameOf(text)}${this.renewals}`, text, values }, callback)
    return answer?.catch((error: unknown) => {
      if (!isStalePlan(error)) throw error
      this.renewals += 1
      // The statement did not run. Outside a transaction it can be sent again; otherwise the error has aborted the transaction.
      if (this.getTransactionStatus() !== 'I') throw error
      return this.query(text, values)
    })
  }
}
