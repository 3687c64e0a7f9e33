import pg from 'pg'

/** The same server's connection string for another database. */
export function withDatabase(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}

/** Opens a connection, with settings as `options`. */
export async function openClient(url: string, options = ''): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options })
  // A connection that is lost also rejects the query that runs on it; unheard, the event would end the process before it cleans up.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Does something on a connection of its own. */
export async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Makes a copy of a database to run one contestant in, and starts it where every other one starts: after a checkpoint, with
 * nothing to be written but what it writes itself.
 */
export async function cloneDatabase(serverUrl: string, template: string, name: string): Promise<void> {
  await connected(serverUrl, async (client) => {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name} template ${template} strategy file_copy`)
    await client.query('checkpoint')
  })
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await connected(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`))
}
