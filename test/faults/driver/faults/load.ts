import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { read } from '../calls.ts'
import { chargeVeryOften } from '../operations/charges.ts'
import { startRun } from '../operations/runs.ts'
import { patience } from '../patience.ts'
import { API_KEY } from '../stack.ts'
import type { Fault, FaultScene } from './fault.ts'

export const LOAD_FAULTS: readonly Fault[] = [
  { id: 'F18', name: 'wrong keys, event streams and slow lists', weight: 2, act: pester },
  { id: 'F20', name: 'an account with very many charges', weight: 0.5, act: chargeWithoutEnd },
]

const PESTER_MS = 3_000
const STREAMS = 200
const WRONG_KEYS_A_SECOND = 1_000
/** Others are served: a read that takes longer than this was starved. */
const SERVED_WITHIN_MS = 10_000

/** Strangers have an address of their own: what they are refused for must not be held against the others. */
const STRANGERS = '127.0.0.2'

/** A thousand wrong keys a second, hundreds of event streams and ten long lists, at one API, past the proxy. */
async function pester({ scene, dice, caller, note }: FaultScene): Promise<void> {
  const api = dice.pick(scene.stack.apis)
  const { hostname, port } = new URL(api.direct())
  const run = await startRun(caller)
  const open = (localAddress?: string) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    return socket.on('error', () => {}).resume()
  }
  const get = (path: string, key: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\n${more}\r\n`
  const strangers = Array.from({ length: 10 }, () => open(STRANGERS))
  const streams = Array.from({ length: STREAMS }, () => open())
  const lists = Array.from({ length: 10 }, () => open())
  for (const socket of streams) socket.write(get(`/v1/bill-runs/${run?.billRunId}/events`, API_KEY))
  for (const socket of lists) socket.write(get('/v1/credits?limit=500', API_KEY).repeat(5))
  const flood = setInterval(() => {
    for (const socket of strangers)
      if (!socket.destroyed && socket.writableLength < 100_000)
        socket.write(get('/v1/accounts', 'a-key-that-nobody-has').repeat(WRONG_KEYS_A_SECOND / 100))
  }, 100)
  note(`${WRONG_KEYS_A_SECOND} wrong keys a second, ${STREAMS} event streams and 10 lists at ${api.process.name}`)
  try {
    let slowest = 0
    for (const end = performance.now() + PESTER_MS; performance.now() < end; ) {
      const began = performance.now()
      await read(caller.calls, '/v1/bill-runs?limit=1')
      slowest = Math.max(slowest, performance.now() - began)
      await sleep(100)
    }
    note(`the slowest read beside it took ${Math.round(slowest)} ms`)
    if (slowest > SERVED_WITHIN_MS * patience())
      scene.failures.push(`beside wrong keys, streams and lists a read took ${Math.round(slowest)} ms`)
  } finally {
    clearInterval(flood)
    for (const socket of [...strangers, ...streams, ...lists]) socket.destroy()
  }
}

async function chargeWithoutEnd({ scene, dice, caller, note }: FaultScene): Promise<void> {
  const account = dice.pick(scene.ledger.accounts)
  await chargeVeryOften(caller, account, scene.manyCharges)
  note(`${scene.manyCharges} charges of ${account.id} recorded`)
  await startRun(caller)
}
