import { createHash } from 'node:crypto'
import pg from 'pg'

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
 * costs more than running some of them.
 */
export class PreparedClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's query() has a dozen overloads, of which Kysely uses this one
  override query(text: any, values?: any, callback?: any): any {
    return typeof text === 'string' && Array.isArray(values) && values.length > 0
      ? super.query({ name: nameOf(text), text, values }, callback)
      : super.query(text, values, callback)
  }
}
