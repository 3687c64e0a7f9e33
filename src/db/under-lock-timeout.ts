import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { errorCode } from './classify-error.ts'

/** How long a change of the schema waits for a lock, in ms. All requests for the same table wait behind it. */
const LOCK_TIMEOUT_MS = 3_000
const MAX_TRIES = 5
/** The pause between two tries, in ms, in which the requests that waited are served. */
const PAUSE_MS = 2_000
const POLL_INTERVAL_MS = 250
/** A lock was not to be had in time, or only in a circle with others who wait (deadlock). */
const RETRYABLE_CODES: ReadonlySet<string | undefined> = new Set(['55P03', '40P01'])

/** A session that holds the lock, or waits for it before us. */
type Blocker = { readonly pid: number; readonly name: string | null; readonly openForSeconds: number | null }

/**
 * Changes the schema on a connection that waits for a lock at most three seconds, and tries this at most five times. `change` must be safe
 * to repeat, as a single transaction is. When another session blocks every try, throws an Error whose message says, in one line for people,
 * which session it is and what to do.
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
  // An 'error' event without a listener would end the process. The next statement on a lost connection fails anyway.
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
        if (!RETRYABLE_CODES.has(errorCode(error))) throw error
        if (tries === MAX_TRIES) throw new Error(blockedMessage(watch.blockers()), { cause: error })
        await sleep(PAUSE_MS)
      }
    }
  } finally {
    await watch.stop()
    await pool.end()
  }
}

/**
 * Polls, on a connection of its own, which sessions block the session `pid()`. This must be done while it waits: afterwards Postgres cannot
 * tell any more.
 */
function watchBlockers(databaseUrl: string, pid: () => number) {
  let blockers: readonly Blocker[] = []
  let client: pg.Client | undefined
  const poll = async () => {
    if (!client) {
      client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
      client.on('error', () => {})
      await client.connect()
    }
    // Everyone sees the pid and the name of other sessions; only members of pg_read_all_stats see the rest.
    const { rows } = await client.query<Blocker>(
      `select distinct pid, nullif(application_name, '') as name,
          floor(extract(epoch from clock_timestamp() - xact_start))::integer as "openForSeconds"
        from unnest(pg_blocking_pids($1)) as blocker (pid) left join pg_stat_activity using (pid) order by pid`,
      [pid()],
    )
    if (rows.length > 0) blockers = rows
  }
  let underWay: Promise<void> = Promise.resolve()
  // An error here only means that no blocker can be named, so it is ignored.
  const timer = setInterval(() => {
    underWay = underWay.then(poll).catch(() => {})
  }, POLL_INTERVAL_MS)
  return {
    /** The blockers that were seen last. */
    blockers: () => blockers,
    stop: async () => {
      clearInterval(timer)
      await underWay
      await client?.end()
    },
  }
}

function blockedMessage(blockers: readonly Blocker[]): string {
  const gaveUp = `the schema could not be changed: ${MAX_TRIES} tries to get a lock within ${LOCK_TIMEOUT_MS / 1_000} s failed`
  if (blockers.length === 0) return `${gaveUp}; try again when no long transaction is open (see pg_stat_activity)`
  const names = blockers.map(({ pid, name, openForSeconds }) => {
    const age = openForSeconds === null ? '' : `, its transaction open for ${openForSeconds} s`
    return `process ${pid} (${name ?? 'without an application name'}${age})`
  })
  const remedy = blockers.map(({ pid }) => `select pg_terminate_backend(${pid})`).join('; ')
  return `${gaveUp}, because of ${names.join(' and ')}: end it (${remedy}), or try again later: it goes on where it was`
}
