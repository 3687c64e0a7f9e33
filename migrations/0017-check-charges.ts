import { type Kysely, sql } from 'kysely'

/**
 * Has the database check that every stamped charge names an invoice of its own account. Reads every charge, which takes a minute for tens of
 * millions, without locking out the service. When it is interrupted, it starts again.
 */
export async function migrate(db: Kysely<unknown>, say: (line: string) => void): Promise<void> {
  const { rows } = await sql`select from charge limit 1`.execute(db)
  if (rows.length > 0) say('checking the invoice of every charge')
  await sql`alter table charge validate constraint charge_invoice_id_account_id_fkey`.execute(db)
}
