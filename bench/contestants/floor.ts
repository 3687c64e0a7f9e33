import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { Contestant } from '../contestant.ts'
import { openClient } from '../database.ts'

const text = (name: string) => readFile(join(import.meta.dirname, `../floor/${name}.sql`), 'utf8')

/** What a session like this is best given: planned once, by indexes, in memory. */
const SETTINGS = {
  timezone: 'UTC',
  work_mem: '256MB',
  random_page_cost: '1.1',
  plan_cache_mode: 'force_generic_plan',
}

/** How the floor goes about it: accounts in one transaction, and connections that bill at once. */
export type FloorShape = { readonly chunk: number; readonly connections: number }

export const shapeName = ({ chunk, connections }: FloorShape) =>
  Number.isFinite(chunk) ? `floor, ${connections} x ${chunk}` : 'floor, all at once'

/** The best that hand-written SQL does: the same rows in the same tables under the same login, and no process in between. */
export function floor(shape: FloorShape): Contestant {
  return {
    name: shapeName(shape),
    start: async (target) => {
      const newInvoice = await text('new-invoice')
      const lock = { name: 'lock', text: await text('lock') }
      const bill = { name: 'bill', text: await text('bill') }
      const writeInvoices = { name: 'write invoices', text: await text('write-invoices') }
      const clients = await Promise.all(Array.from({ length: shape.connections }, () => connect(target.databaseUrl)))
      for (const client of clients) await client.query(newInvoice)
      const billAll = async (group: string, from: number, to: number) => {
        const runId = uuidv7()
        const [first] = clients as [pg.Client]
        await first.query(
          `insert into bill_run (id, bill_group, bill_date, status, selected_all, started_at) values ($1, $2, $3, 'running', true, now())`,
          [runId, group, target.billDate],
        )
        let next = from
        const work = async (client: pg.Client) => {
          while (next <= to) {
            const low = next
            const high = Math.min(low + shape.chunk - 1, to)
            next = high + 1
            await client.query('begin')
            await client.query({ ...lock, values: [low, high, group] })
            await client.query({ ...bill, values: [runId, target.billDate, low, high, group] })
            await client.query({ ...writeInvoices, values: [runId, target.billDate] })
            await client.query('commit')
          }
        }
        await Promise.all(clients.map(work))
        await first.query(`update bill_run set status = 'completed', finished_at = now() where id = $1`, [runId])
      }
      await billAll('warm-up', target.accounts + 1, target.accounts + target.warmUpAccounts)
      return {
        bill: () => billAll('default', 1, target.accounts),
        stop: async () => {
          await Promise.all(clients.map((client) => client.end()))
          return {}
        },
      }
    },
  }
}

const connect = (databaseUrl: string) =>
  openClient(
    databaseUrl,
    Object.entries(SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  )
