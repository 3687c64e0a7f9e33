import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultScene } from './fault.ts'

export const NETWORK_FAULTS: readonly Fault[] = [
  { id: 'F12', name: 'connections cut', weight: 3, act: cut },
  { id: 'F12', name: 'latency', weight: 2, act: slow },
  { id: 'F12', name: 'no way through', weight: 2, act: part },
]

const someProxies = ({ scene: { stack }, dice }: FaultScene) =>
  dice.chance(0.4) ? stack.everyProxy() : [dice.pick(stack.everyProxy())]

async function cut(given: FaultScene): Promise<void> {
  const { dice, note } = given
  for (let times = dice.between(3, 12); times > 0; times -= 1) {
    const proxies = someProxies(given)
    for (const proxy of proxies) proxy.cut()
    note(`connections cut on ${proxies.length} proxies`)
    await sleep(dice.between(20, 400))
  }
}

async function slow(given: FaultScene): Promise<void> {
  const { dice, note } = given
  const proxies = someProxies(given)
  const ms = dice.between(5, 120)
  for (const proxy of proxies) proxy.delay(ms)
  note(`${ms} ms of latency each way on ${proxies.length} proxies`)
  await sleep(dice.between(1_000, 3_000))
  for (const proxy of proxies) proxy.delay(0)
  note('no latency any more')
}

async function part(given: FaultScene): Promise<void> {
  const { dice, note } = given
  const proxies = someProxies(given)
  for (const proxy of proxies) proxy.goAway()
  note(`${proxies.length} proxies cut, and they take no connection`)
  await sleep(dice.between(300, 3_000))
  for (const proxy of proxies) proxy.comeBack()
  note('they do again')
}
