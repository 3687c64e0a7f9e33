import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connected, withDatabase } from '../database.ts'
import type { WorkSize } from './work.ts'

/** Fills a migrated database by the SQL of this folder, `parts` in order, and makes it a template to clone. */
export async function fillTemplate(
  ownerUrl: string,
  template: string,
  parts: readonly string[],
  { accounts, warmUpAccounts, charges, history }: WorkSize,
): Promise<void> {
  await connected(withDatabase(ownerUrl, template), async (client) => {
    for (const part of parts) {
      const text = await readFile(join(import.meta.dirname, `${part}.sql`), 'utf8')
      await client.query(
        text
          .replaceAll(':accounts', String(accounts))
          .replaceAll(':warmed', String(warmUpAccounts))
          .replaceAll(':charges', String(charges))
          .replaceAll(':history', String(history)),
      )
    }
    await client.query('vacuum (analyze)')
  })
  await connected(ownerUrl, (client) =>
    client.query(`alter database ${template} with is_template true allow_connections false`),
  )
}
