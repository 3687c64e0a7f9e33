import { setTimeout as sleep } from 'node:timers/promises'
import { API_CONNECTIONS, WORKER_CONNECTIONS } from '../entries.ts'
import { expectFailure } from '../scene.ts'
import type { Fault, FaultScene } from './fault.ts'
import { once } from './processes.ts'

export const POSTGRES_FAULTS: readonly Fault[] = [
  { id: 'F6', name: 'Postgres killed', weight: 2, act: (given) => crash(given, 'SIGKILL') },
  { id: 'F6', name: 'Postgres stopped at once', weight: 1, act: (given) => crash(given, 'SIGQUIT') },
  { id: 'F6', name: 'Postgres killed at COMMIT, others write first', weight: 3, act: crashAtCommit },
  { id: 'F6', name: 'connections terminated', weight: 2, act: terminate },
  { id: 'F7', name: 'replies to COMMIT lost', weight: 4, act: loseReplies },
  { id: 'F8', name: 'deadlocks and lock time-outs', weight: 3, act: lockInTheWrongOrder },
]

/** How long the one who locks in the wrong order waits for a lock himself, in ms. */
const GIVES_UP_AFTER_MS = 4_000
/** All that while it holds what it has, and callers are refused: more than a minute of it would be more than they put up with. */
const HOLDS_AT_MOST_MS = 10_000

async function crash({ scene, dice, note }: FaultScene, how: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
  const { postgres } = scene.stack
  note(`${how} of Postgres`)
  scene.tallies.kills.add(`postgres ${how}`)
  postgres.kill(how)
  await sleep(dice.between(0, 1_000))
  await comeBack({ scene, note })
}

async function comeBack({ scene: { stack }, note }: Pick<FaultScene, 'scene' | 'note'>): Promise<void> {
  await stack.postgres.restart()
  note('Postgres is up again')
}

/**
 * The server is killed as an API's or a worker's COMMIT reaches it, and when it is up again others write before that process looks: they get
 * the transaction ids that were not on the disk. Whoever believes such an id takes their transactions for its own.
 */
async function crashAtCommit({ scene, dice, note }: FaultScene): Promise<void> {
  const { stack, tallies } = scene
  const whose = dice.chance(0.7) ? API_CONNECTIONS : WORKER_CONNECTIONS
  const proxies = [stack.proxies.apiToPostgres, stack.proxies.workersToPostgres]
  const proxy = whose === API_CONNECTIONS ? stack.proxies.apiToPostgres : stack.proxies.workersToPostgres
  const arm = (act: () => void) =>
    proxy.loseRepliesToCommit(whose, 1, { arrives: dice.chance(0.5), goesAway: true, act })
  const killed = await once(arm, () => {
    tallies.kills.add('postgres SIGKILL')
    stack.postgres.kill('SIGKILL')
    for (const one of proxies) one.goAway()
    note(`SIGKILL of Postgres as ${whose} sends COMMIT`)
  })
  proxy.loseRepliesToCommit('', 0)
  if (!killed) return
  await comeBack({ scene, note })
  await stack.asOwner(
    `do $$ begin for i in 1..${dice.between(1, 400)} loop perform pg_current_xact_id(); commit; end loop; end $$`,
  )
  for (const one of proxies) one.comeBack()
  note('others have written; the service reaches Postgres again')
}

async function terminate({ scene: { stack }, dice, note }: FaultScene): Promise<void> {
  for (let times = dice.between(2, 8); times > 0; times -= 1) {
    const rows = await stack.asOwner(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and random() < ${dice.pick([0.2, 1])}`)
    note(`${rows.length} connections terminated`)
    await sleep(dice.between(50, 500))
  }
}

async function loseReplies({ scene: { stack }, dice, note }: FaultScene): Promise<void> {
  const { apiToPostgres, workersToPostgres } = stack.proxies
  const times = dice.between(1, 4)
  // A COMMIT may still be on its way when somebody looks whether it has come.
  const how = { deliverAfterMs: dice.pick([0, 0, 30, 300, 2_000]) }
  apiToPostgres.loseRepliesToCommit(API_CONNECTIONS, times, how)
  workersToPostgres.loseRepliesToCommit(WORKER_CONNECTIONS, times, how)
  await sleep(dice.between(1_000, 2_500))
  const [ofApis, ofWorkers] = [apiToPostgres, workersToPostgres].map((proxy) => times - proxy.stillToLose())
  note(
    `COMMITs arrive ${how.deliverAfterMs} ms late and their replies are lost: ${ofApis} of APIs, ${ofWorkers} of workers`,
  )
  apiToPostgres.loseRepliesToCommit('', 0)
  workersToPostgres.loseRepliesToCommit('', 0)
}

/** Locks accounts one after the other against the order in which the service does, then holds all of them past the lock time-out. */
async function lockInTheWrongOrder({ scene, dice, note }: FaultScene): Promise<void> {
  const { stack, ledger } = scene
  const group = ledger.group
  // Whoever holds an account past every try is not waited for: that account has failed, and a retry bills it.
  for (const { id } of ledger.accounts) expectFailure(scene, id, 'timed_out')
  for (let times = dice.between(2, 5); times > 0; times -= 1) {
    await stack.withOwner(async (client) => {
      try {
        await client.query(`begin; set local lock_timeout = ${GIVES_UP_AFTER_MS}`)
        const { rows } = await client.query<{ id: string }>(
          'select id from account where bill_group = $1 order by id desc',
          [group],
        )
        const until = performance.now() + HOLDS_AT_MOST_MS
        for (const { id } of rows) {
          if (performance.now() > until) break
          await client.query('select from account where id = $1 for update', [id])
          await sleep(dice.between(5, 40))
        }
        const holdMs = dice.pick([0, 200, 3_000])
        await sleep(holdMs)
        note(`held the accounts of the group for ${holdMs} ms, locked from the last to the first`)
      } catch (error) {
        note(`locking from the last to the first met ${(error as Error).message}`)
      } finally {
        await client.query('rollback').catch(() => {})
      }
    })
  }
}
