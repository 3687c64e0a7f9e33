import { setTimeout as sleep } from 'node:timers/promises'
import { API_CONNECTIONS, LOCK_MS, WORKER_CONNECTIONS } from '../entries.ts'
import type { KeptProcess } from '../kept-process.ts'
import { patience } from '../patience.ts'
import type { ApiProcess } from '../stack.ts'
import type { Fault, FaultScene } from './fault.ts'

const MUST_STOP_WITHIN_MS = 30_000
const STARTED_WITHIN_MS = 3_000

export const PROCESS_FAULTS: readonly Fault[] = [
  { id: 'F1', name: 'workers killed', weight: 4, act: killWorkers },
  { id: 'F1', name: 'worker killed at COMMIT', weight: 3, act: killAtCommit },
  { id: 'F2', name: 'worker frozen for three lock durations', weight: 1, act: freezeWorker },
  { id: 'F3', name: 'rolling restart', weight: 2, act: restartAll },
  { id: 'F10', name: 'API killed', weight: 3, act: killApi },
  { id: 'F10', name: 'API killed after COMMIT, before it enqueues', weight: 3, act: killApiAfterCommit },
]

async function kill({ scene, note }: FaultScene, process: KeptProcess): Promise<void> {
  note(`SIGKILL of ${process.name} (${process.pid()})`)
  scene.tallies.kills.add(process.name)
  await process.end('SIGKILL')
}

async function killWorkers(given: FaultScene): Promise<void> {
  const { scene, dice } = given
  for (let times = dice.between(1, 3); times > 0; times -= 1) {
    await kill(given, dice.pick(scene.stack.workers))
    await sleep(dice.between(0, 1_500))
  }
}

/** Before its COMMIT arrives, or once it is on its way and nobody waits for the reply. */
async function killAtCommit({ scene, dice, note }: FaultScene): Promise<void> {
  const { workers, proxies } = scene.stack
  const arrives = dice.chance(0.5)
  await once(
    (act) => proxies.workersToPostgres.loseRepliesToCommit(WORKER_CONNECTIONS, 1, { arrives, act }),
    () => {
      for (const process of workers) {
        scene.tallies.kills.add(process.name)
        process.kill()
      }
      note(`SIGKILL of every worker as one sends COMMIT, which ${arrives ? 'arrives' : 'is lost'}`)
    },
  )
}

/** Waits until something has happened at a proxy, 3 s at most: where nothing is written, nothing happens. */
export async function once(arm: (act: () => void) => void, act: () => void): Promise<boolean> {
  return await new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), 3_000)
    arm(() => {
      act()
      clearTimeout(late)
      resolve(true)
    })
  })
}

async function freezeWorker({ scene, dice, note }: FaultScene): Promise<void> {
  const process = dice.pick(scene.stack.workers)
  note(`SIGSTOP of ${process.name}`)
  process.freeze()
  await sleep(3 * LOCK_MS)
  process.thaw()
  note(`SIGCONT of ${process.name}`)
}

async function restartAll({ scene, dice, note }: FaultScene): Promise<void> {
  const { workers, apis } = scene.stack
  for (const process of [...workers, ...(dice.chance(0.5) ? apis.map((api) => api.process) : [])]) {
    // One that has not got so far as to listen to signals has nothing to end in order.
    await sleep(Math.max(0, STARTED_WITHIN_MS * patience() - process.runs()))
    note(`SIGTERM of ${process.name}`)
    const began = performance.now()
    const { code, signal } = await process.end('SIGTERM')
    const ms = Math.round(performance.now() - began)
    await sleep(dice.between(0, 3_000))
    if (code !== 0 || ms > MUST_STOP_WITHIN_MS * patience())
      scene.failures.push(
        `${process.name} ended ${ms} ms after SIGTERM with ${signal ?? `exit code ${code}`}, not 0 within 30 s`,
      )
  }
}

async function killApi(given: FaultScene): Promise<void> {
  const api = given.dice.pick(given.scene.stack.apis)
  const back = timeUntilItAnswers(given, api)
  await kill(given, api.process)
  await back
}

async function killApiAfterCommit({ scene, dice, note }: FaultScene): Promise<void> {
  const { apis, proxies } = scene.stack
  const arrives = dice.chance(0.8)
  await once(
    (act) => proxies.apiToPostgres.loseRepliesToCommit(API_CONNECTIONS, 1, { arrives, act }),
    () => {
      for (const { process } of apis) {
        scene.tallies.kills.add(process.name)
        process.kill()
      }
      note(`SIGKILL of every API as one sends COMMIT, which ${arrives ? 'arrives' : 'is lost'}`)
    },
  )
}

/** From a kill to the next answer of the process that takes its place. */
async function timeUntilItAnswers({ scene, note }: FaultScene, { process, direct }: ApiProcess): Promise<void> {
  const starts = process.starts()
  const before = direct()
  const began = performance.now()
  while (performance.now() - began < 60_000 * patience()) {
    const isNew = process.starts() > starts && direct() !== before
    if (
      isNew &&
      (await fetch(new URL('/healthz', direct())).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      const ms = Math.round(performance.now() - began)
      scene.tallies.apiBackMs.push(ms)
      return note(`${process.name} answers again, ${ms} ms after it was killed`)
    }
    await sleep(20)
  }
  scene.failures.push(`${process.name} did not answer for a minute and more after it was killed`)
}
