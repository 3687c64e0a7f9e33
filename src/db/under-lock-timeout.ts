import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { errorCode } from './classify-error.ts'

/** How long a change of the schema waits for a lock, in ms. Every request for the same table waits behind it. */
const LOCK_TIMEOUT_MS = 3_000
const MAX_TRIES = 5
/** What waited behind a try is served before the next, in ms. */
const PAUSE_MS = 2_000
const LOOK_EVERY_MS = 250
const LOCK_TIMEOUT = '55P03'

/** A session that holds, or waits for, what is waited for. */
type Blocker = { readonly pid: number; readonly name: string | null; readonly openForSeconds: number | null }

/**
 * Changes the schema on a connection that waits for a lock for three seconds at most, five times at most. `change` is one transaction, so
 * that it can be repeated. Throws, when somebody is in the way each time, an Error whose message is one line for people: who it
 * is and what to do.
 */
export async function underLockTimeout(databaseUrl: string, change: (pool: pg.Pool) => Promise<void>): Promise<void> {
  let pid = 0
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    connectionTimeoutMillis: 5_000,
    application_name: 'nightbill migrate',
    options: `-c lock_timeout=${LOCK_TIMEOUT_MS}`,
  })
  // Whoever uses a connection learns of its loss by the statement that fails.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    pid = (client as unknown as { readonly processID: number }).processID
  })
  const watch = watchBlockers(databaseUrl, () => pid)
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        return await change(pool)
      } catch (error) {
        if (errorCode(error) !== LOCK_TIMEOUT) throw error
        if (tries === MAX_TRIES) throw new Error(blockedMessage(watch.blockers()), { cause: error })
        await sleep(PAUSE_MS)
      }
    }
  } finally {
    await watch.stop()
    await pool.end()
  }
}

/** Looks, on a connection of its own, who keeps the session `pid()` waiting: when it has given up, nobody can tell any more. */
function watchBlockers(databaseUrl: string, pid: () => number) {
  let blockers: readonly Blocker[] = []
  let client: pg.Client | undefined
  const look = async () => {
    if (!client) {
      client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
      client.on('error', () => {})
      await client.connect()
    }
    // What others do is shown to members of pg_read_all_stats, their pid and name to everyone.
    const { rows } = await client.query<Blocker>(
      `select distinct pid, nullif(application_name, '') as name,
          floor(extract(epoch from clock_timestamp() - xact_start))::integer as "openForSeconds"
        from unnest(pg_blocking_pids($1)) as blocker (pid) left join pg_stat_activity using (pid) order by pid`,
      [pid()],
    )
    if (rows.length > 0) blockers = rows
  }
  let underWay: Promise<void> = Promise.resolve()
  // That nobody can be named is no reason to stop.
  const timer = setInterval(() => {
    underWay = underWay.then(look).catch(() => {})
  }, LOOK_EVERY_MS)
  return {
    /** The last that were seen. */
    blockers: () => blockers,
    stop: async () => {
      clearInterval(timer)
      await underWay
      await client?.end()
    },
  }
}

function blockedMessage(blockers: readonly Blocker[]): string {
  const gaveUp = `the schema could not be changed: in each of ${MAX_TRIES} tries a lock was not to be had within ${LOCK_TIMEOUT_MS / 1_000} s`
  if (blockers.length === 0) return `${gaveUp}; try again when nothing long is under way (see pg_stat_activity)`
  const names = blockers.map(({ pid, name, openForSeconds }) => {
    const age = openForSeconds === null ? '' : `, its transaction open for ${openForSeconds} s`
    return `process ${pid} (${name ?? 'without an application name'}${age})`
  })
  const remedy = blockers.map(({ pid }) => `select pg_terminate_backend(${pid})`).join('; ')
  return `${gaveUp}, because of ${names.join(' and ')}: end it (${remedy}), or try again later; nothing was changed`
}
