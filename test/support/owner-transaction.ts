import type pg from 'pg'
import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import type { World } from './world.ts'

/** A transaction of somebody else's, begun on a connection of its own and left open while `act` runs. */
export const whileOwner = (world: World, begun: string, act: (client: pg.Client) => Promise<void>) =>
  world.asOwner(async (client) => {
    await client.query('begin')
    await client.query(begun)
    try {
      await act(client)
    } finally {
      await client.query('rollback')
    }
  })

/** A connection of the service's that waits for a lock, once there is one. */
export const waiting = (client: pg.Client) =>
  eventually(async () => {
    // Within a transaction it would see again what it saw first.
    await client.query('select pg_stat_clear_snapshot()')
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'test-world' and wait_event_type = 'Lock'`,
    )
    expect(rows.length).toBeGreaterThan(0)
    return (rows[0] as { pid: number }).pid
  })

/** A statement that holds what every batch needs last, with all else written: the counter of invoices. */
export const holdCounter = 'update invoice_counter set last_number = last_number'
