import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { v7 as uuidv7 } from 'uuid'
import { connected } from '../../database.ts'
import type { Work } from '../../work/work.ts'
import type { Contestant } from '../contestant.ts'
import { openSession } from './open-session.ts'

const text = (name: string) => readFile(join(import.meta.dirname, `../stamp/${name}.sql`), 'utf8')

/**
 * Only stamps the charges and adds them up: one statement on each of as many connections as a worker bills batches with, under the same
 * keys and the same login. The invoices that they are stamped with are there before the clock starts.
 */
export const stamp = (work: Work): Contestant => ({
  name: 'stamp',
  work,
  start: async (target) => {
    const [newInvoices, stampCharges] = [await text('new-invoices'), await text('stamp-charges')]
    const connections = Math.min(target.workers * target.concurrency, target.accounts)
    const clients = await Promise.all(Array.from({ length: connections }, () => openSession(target.databaseUrl)))
    await connected(target.databaseUrl, async (client) => {
      const billRunId = uuidv7()
      await client.query(
        `insert into bill_run (id, bill_group, bill_date, status, selected_all, started_at) values ($1, 'default', $2, 'running', true, now())`,
        [billRunId, target.billDate],
      )
      await client.query(newInvoices, [billRunId, target.billDate])
    })
    const stampAll = async ({ from, accounts }: { from: number; accounts: number }) => {
      const each = Math.ceil(accounts / connections)
      await Promise.all(
        clients.map((client, index) => {
          const low = from + index * each
          const high = Math.min(low + each, from + accounts) - 1
          return client.query({ name: 'stamp', text: stampCharges, values: [target.billDate, low, high] })
        }),
      )
    }
    await stampAll({ from: target.accounts + 1, accounts: target.warmUpAccounts })
    return {
      bill: () => stampAll({ from: 1, accounts: target.accounts }),
      stop: async () => {
        await Promise.all(clients.map((client) => client.end()))
        return {}
      },
    }
  },
  prove: async (databaseUrl) => {
    const { rows } = await connected(databaseUrl, (client) =>
      client.query(
        `select count(*) as charges_billed, trim_scale(sum(amount)) as charged from charge where invoice_id is not null`,
      ),
    )
    return rows[0]
  },
})
