import type pg from 'pg'
import { openClient } from '../../database.ts'

/** What a session that bills many accounts at once is best given: planned once, by indexes, in memory. */
const SETTINGS = {
  timezone: 'UTC',
  work_mem: '256MB',
  random_page_cost: '1.1',
  plan_cache_mode: 'force_generic_plan',
}

/** A connection for hand-written SQL. */
export function openSession(databaseUrl: string): Promise<pg.Client> {
  return openClient(
    databaseUrl,
    Object.entries(SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  )
}
