import pg from 'pg'

export type HeldLock = { release(): Promise<void> }

/**
 * Runs a statement as the owner in a transaction that stays open, and so holds the locks that it took: whoever needs them waits, at a
 * place that the test has chosen.
 */
export async function holdLock(databaseUrl: string, statement: string): Promise<HeldLock> {
  const client = new pg.Client({ connectionString: databaseUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin')
    await client.query(statement)
  } catch (error) {
    await client.end()
    throw error
  }
  let ended: Promise<void> | undefined
  const release = () => (ended ??= client.query('rollback').then(() => client.end()))
  return { release }
}
