import { setTimeout as sleep } from 'node:timers/promises'
import { postManyAtOnce } from '../operations/credits.ts'
import { startTwoRuns } from '../operations/runs.ts'
import type { RedisServer } from '../servers.ts'
import type { Fault, FaultScene } from './fault.ts'

export const QUEUE_FAULTS: readonly Fault[] = [
  { id: 'F5', name: 'Redis killed', weight: 3, backend: 'redis', act: killRedis },
  { id: 'F5', name: 'Redis emptied', weight: 3, backend: 'redis', act: emptyRedis },
  { id: 'F5', name: 'Redis full', weight: 2, backend: 'redis', act: fillRedis },
  { id: 'F5', name: 'queue in Postgres emptied', weight: 2, backend: 'postgres', act: emptyPostgresQueue },
  { id: 'F9', name: 'jobs delivered many times', weight: 3, act: deliverAgain },
  { id: 'F9', name: '50 identical POSTs at once', weight: 2, act: ({ caller }) => postManyAtOnce(caller, 50) },
  { id: 'F11', name: 'bill runs at once while everything arrives', weight: 2, act: runsAtOnce },
  { id: 'F13', name: 'payloads of an unknown version', weight: 2, act: unknownVersions },
]

async function killRedis({ scene, dice, note }: FaultScene): Promise<void> {
  const redis = scene.stack.redis as RedisServer
  note('SIGKILL of Redis')
  scene.tallies.kills.add('redis')
  await redis.kill()
  await sleep(dice.between(100, 2_000))
  await redis.restart()
  note('Redis is up again, with nothing in it')
}

async function emptyRedis({ scene, dice, note }: FaultScene): Promise<void> {
  for (let times = dice.between(1, 4); times > 0; times -= 1) {
    await (scene.stack.redis as RedisServer).admin((redis) => redis.flushall())
    note('Redis emptied')
    await sleep(dice.between(50, 800))
  }
}

async function fillRedis({ scene, dice, note }: FaultScene): Promise<void> {
  const redis = scene.stack.redis as RedisServer
  await redis.admin((admin) => admin.config('SET', 'maxmemory', '1mb'))
  note('Redis is full')
  await sleep(dice.between(500, 3_000))
  await redis.admin((admin) => admin.config('SET', 'maxmemory', '0'))
  note('Redis has room again')
}

/** What BullMQ keeps there, jobs of every state, and the schedulers. */
async function emptyPostgresQueue({ scene: { stack }, note }: FaultScene): Promise<void> {
  const tables = ['job_dependency', 'job_log', 'event', 'scheduler', 'dedup', 'job']
  await stack.asOwner(tables.map((table) => `delete from bullmq.${table}`).join('; '))
  note('all queues in Postgres emptied')
}

/** Wakes for what is open, and for what is long done, under ids that the queue does not know: it hands each to whoever is free. */
async function deliverAgain({ scene: { stack }, dice, note }: FaultScene): Promise<void> {
  const ids = async (statement: string) => (await stack.asOwner<{ id: string }>(statement)).map(({ id }) => id)
  const jobs = (type: string) =>
    ids(`select id from job where type = '${type}' order by status = 'queued' desc, created_at desc limit 30`)
  const credits = await jobs('credit')
  const reversals = await jobs('reversal')
  const batches = await ids("select id from bill_batch order by status = 'open' desc, id desc limit 15")
  const runs = await ids('select id from bill_run order by id desc limit 3')
  const times = dice.between(2, 5)
  await stack.withQueues(async (queues) => {
    const add = (name: string, ids: readonly string[]) => queues.of(name).add(name, { v: 2, ids })
    for (let time = 0; time < times; time += 1) {
      await Promise.all([
        ...(credits.length > 0 ? [add('credit', credits)] : []),
        ...credits.map((id) => add('credit', [id])),
        ...reversals.map((id) => add('reversal', [id])),
        ...batches.map((id) => add('bill-batch', [id])),
        ...runs.map((id) => add('bill-run', [id])),
      ])
    }
  })
  note(
    `${credits.length} credits, ${reversals.length} reversals, ${batches.length} batches, ${runs.length} runs delivered ${times} times more`,
  )
}

async function runsAtOnce({ caller, dice, note }: FaultScene): Promise<void> {
  const times = dice.between(1, 2)
  note(`${times * 2} bill runs at once`)
  await Promise.all(Array.from({ length: times }, () => startTwoRuns(caller)))
}

async function unknownVersions({ scene: { stack }, note }: FaultScene): Promise<void> {
  await stack.withQueues((queues) =>
    Promise.all(queues.all.map((queue) => queue.add(queue.name, { v: 99, somethingElse: true }, { attempts: 3 }))),
  )
  note('a payload of version 99 on every queue')
}
