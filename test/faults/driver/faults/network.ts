import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultScene } from './fault.ts'

export const NETWORK_FAULTS: readonly Fault[] = [
  { id: 'F12', name: 'connections cut', weight: 3, act: cut },
  { id: 'F12', name: 'latency', weight: 2, act: slow },
  { id: 'F12', name: 'no way through', weight: 2, act: part },
]

const someWires = ({ scene: { stack }, dice }: FaultScene) =>
  dice.chance(0.4) ? stack.everyWire() : [dice.pick(stack.everyWire())]

async function cut(given: FaultScene): Promise<void> {
  const { dice, note } = given
  for (let times = dice.between(3, 12); times > 0; times -= 1) {
    const wires = someWires(given)
    for (const wire of wires) wire.cut()
    note(`connections cut on ${wires.length} wires`)
    await sleep(dice.between(20, 400))
  }
}

async function slow(given: FaultScene): Promise<void> {
  const { dice, note } = given
  const wires = someWires(given)
  const ms = dice.between(5, 120)
  for (const wire of wires) wire.delay(ms)
  note(`${ms} ms of latency each way on ${wires.length} wires`)
  await sleep(dice.between(1_000, 3_000))
  for (const wire of wires) wire.delay(0)
  note('no latency any more')
}

async function part(given: FaultScene): Promise<void> {
  const { dice, note } = given
  const wires = someWires(given)
  for (const wire of wires) wire.goAway()
  note(`${wires.length} wires cut, and they take no connection`)
  await sleep(dice.between(300, 3_000))
  for (const wire of wires) wire.comeBack()
  note('they do again')
}
