import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import { v7 as uuidv7 } from 'uuid'
import { openBackend } from '../../../src/queue/backend.ts'
import { openClient } from '../../database.ts'
import type { Work } from '../../work/work.ts'
import { startProcesses } from '../../worker-processes.ts'
import type { Contestant } from '../contestant.ts'

/** Jobs that one worker has under way: as many as help. */
const CONCURRENCY = 10
/** Jobs enqueued at once. */
const BULK = 1_000

/** The first thing one would write, on the same queue: a BullMQ job for each account. */
export const firstThing = (work: Work): Contestant => ({
  name: 'first thing',
  work,
  start: async (target) => {
    const { databaseUrl, redisUrl } = target
    const prefix = `${new URL(databaseUrl).pathname.slice(1)}-first`
    const env = {
      DATABASE_URL: databaseUrl,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
      QUEUE_PREFIX: prefix,
      CONCURRENCY: String(CONCURRENCY),
    }
    const workers = startProcesses(Array(target.workers).fill('bench/bill-run/first-thing/worker.ts'), env)
    const backend = await openBackend({ databaseUrl, redisUrl, prefix, onError: (error) => console.error(error) })
    const queue = await backend.openQueue('first-thing')
    const client = await openClient(databaseUrl)
    const count = await readFile(join(import.meta.dirname, '../first-thing/count.sql'), 'utf8')

    const bill = async (group: string) => {
      const billRunId = uuidv7()
      await client.query(
        `insert into bill_run (id, bill_group, bill_date, status, selected_all, started_at) values ($1, $2, $3, 'running', true, now())`,
        [billRunId, group, target.billDate],
      )
      const { rows } = await client.query<{ id: string }>('select id from account where bill_group = $1 order by id', [
        group,
      ])
      for (let from = 0; from < rows.length; from += BULK) {
        const data = rows
          .slice(from, from + BULK)
          .map(({ id }) => ({ accountId: Number(id), billRunId, billDate: target.billDate }))
        await queue.addBulk(data.map((data) => ({ name: 'bill', data, opts: { removeOnComplete: true, attempts: 3 } })))
      }
      await drained(queue)
      await client.query(count, [billRunId])
      await client.query(`update bill_run set status = 'completed', finished_at = now() where id = $1`, [billRunId])
    }
    while ((await queue.getWorkersCount()) < target.workers) await sleep(50)
    await bill('warm-up')
    return {
      bill: () => bill('default'),
      stop: async () => {
        const peakMemoryMb = await workers.peakMemoryMb()
        await workers.stop()
        await client.end()
        await queue.close()
        await backend.close()
        return { peakMemoryMb }
      },
    }
  },
})

async function drained(queue: Queue): Promise<void> {
  for (;;) {
    const {
      waiting = 0,
      active = 0,
      delayed = 0,
      failed = 0,
    } = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed')
    if (failed > 0) throw new Error(`${failed} accounts failed`)
    if (waiting + active + delayed === 0) return
    await sleep(25)
  }
}
