import { createHash } from 'node:crypto'
import pg from 'pg'
import { isStalePlan } from './classify-error.ts'

const names = new Map<string, string>()

/** A statement is named by its text, so that each connection parses and plans it once. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 24)
  names.set(text, name)
  return name
}

/**
 * A `pg` client that prepares every statement with parameters under a name. Planning the statements of a batch anew
 * costs more than running some of them. A connection keeps every text that it has seen, so a text must not depend on how many
 * rows it is about: those go as arrays.
 */
export class PreparedClient extends pg.Client {
  /** Statements are named anew when a migration has made those of this connection stale. */
  private renewals = 0

  // biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, of which Kysely uses this one
  override query(text: any, values?: any, callback?: any): any {
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0)
      return super.query(text, values, callback)
    const answer = super.query({ name: `${nameOf(text)}${this.renewals}`, text, values }, callback)
    return answer?.catch((error: unknown) => {
      if (!isStalePlan(error)) throw error
      this.renewals += 1
      // It was not begun. In a transaction, which this has ended, its script is what has to be run again.
      if (this.getTransactionStatus() !== 'I') throw error
      return this.query(text, values)
    })
  }
}
