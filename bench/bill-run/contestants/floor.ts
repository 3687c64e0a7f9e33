import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { Work } from '../../work/work.ts'
import type { Contestant } from '../contestant.ts'
import { openSession } from './open-session.ts'

const text = (name: string) => readFile(join(import.meta.dirname, `../floor/${name}.sql`), 'utf8')

/** How the floor goes about it: accounts in one transaction, and connections that bill at once. */
export type FloorShape = { readonly chunk: number; readonly connections: number }

/** What is tried: all at once, and chunks of accounts on several connections. */
export const SHAPES: readonly [FloorShape, ...FloorShape[]] = [
  { chunk: Number.POSITIVE_INFINITY, connections: 1 },
  ...[200, 500, 1_000, 2_000, 5_000].flatMap((chunk) => [1, 2, 3, 4].map((connections) => ({ chunk, connections }))),
]

export const shapeName = ({ chunk, connections }: FloorShape) =>
  Number.isFinite(chunk) ? `floor, ${connections} x ${chunk}` : 'floor, all at once'

/** The best that hand-written SQL does: the same rows in the same tables under the same login, and no process in between. */
export function floor(shape: FloorShape, work: Work): Contestant {
  return {
    name: shapeName(shape),
    work,
    start: async (target) => {
      const newInvoice = await text('new-invoice')
      const lock = { name: 'lock', text: await text('lock') }
      const bill = { name: 'bill', text: await text('bill') }
      const writeInvoices = { name: 'write invoices', text: await text('write-invoices') }
      const clients = await Promise.all(
        Array.from({ length: shape.connections }, () => openSession(target.databaseUrl)),
      )
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
