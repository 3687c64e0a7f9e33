import { setTimeout as sleep } from 'node:timers/promises'
import { openCalls } from './calls.ts'
import { checkAll } from './checks.ts'
import { openDice } from './dice.ts'
import { chooseFaults } from './faults/table.ts'
import { openLedger } from './ledger.ts'
import { makeAccounts } from './operations/accounts.ts'
import { OPERATIONS } from './operations/table.ts'
import type { Caller, Scene } from './scene.ts'
import { settle } from './settle.ts'
import type { Stack } from './stack.ts'
import { openSteps } from './steps.ts'
import { openTallies, sumOf, type Tallies } from './tally.ts'
import type { Troubles } from './troubles.ts'

export type SeedOptions = {
  readonly seed: number
  readonly onlyFault: string | undefined
  readonly manyCharges: number
}

export type SeedReport = {
  readonly seed: number
  readonly seconds: number
  readonly operations: number
  readonly faults: readonly string[]
  readonly failures: readonly string[]
  readonly steps: readonly string[]
  readonly tallies: Tallies
}

const CALLERS = 4
/** Of each caller, however soon the faults are over. */
const LEAST_OPERATIONS = 50
/** Before the first fault, between two, and after the last, at most, in ms. */
const PAUSE_MS = 1_500

/** One seed: callers do random work while faults come one after the other; then all must come right. */
export async function playSeed(stack: Stack, troubles: Troubles, options: SeedOptions): Promise<SeedReport> {
  const { seed, onlyFault, manyCharges } = options
  const began = performance.now()
  const tallies = openTallies()
  const prefix = `s${seed}`
  const scene: Scene = {
    seed,
    stack,
    ledger: openLedger(prefix, prefix),
    steps: openSteps(),
    tallies,
    manyCharges,
    failures: [],
    poisoned: new Map(),
    excuses: new Set(),
  }
  const callerOf = (name: string): Caller => {
    const dice = openDice(seed, name)
    return { scene, dice, calls: openCalls(name, stack.apis, dice, scene.steps, tallies.answers) }
  }
  const dice = openDice(seed, 'faults')
  const faults = chooseFaults(dice, stack.kind, onlyFault)
  troubles.forget()
  try {
    const setter = callerOf('driver')
    await makeAccounts(setter, currencies(dice.between(5, 14), seed))
    let over = false
    const callers = Array.from({ length: CALLERS }, (_, index) => work(callerOf(`caller ${index + 1}`), () => over))
    const injecting = inject(scene, callerOf('fault'), faults, troubles).finally(() => {
      over = true
    })
    await Promise.all([injecting, ...callers])
    scene.steps.note('driver', 'the last fault is over and mended, and the last operation answered')
    await settle(scene, setter.calls)
    await checkAll(scene, setter.calls)
  } catch (error) {
    scene.failures.push(`the seed broke off: ${(error as Error).stack ?? error}`)
  }
  scene.failures.push(...stack.takeUnexpected())
  judgeErrors(scene)
  return {
    seed,
    seconds: (performance.now() - began) / 1_000,
    operations: sumOf(tallies.operations.counts()),
    faults: faults.map(({ id }) => id),
    failures: scene.failures,
    steps: scene.steps.lines(),
    tallies,
  }
}

/** Those with no minor unit and with three decimals are always among them. */
const currencies = (count: number, seed: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => ['JPY', 'KWD', 'USD', 'EUR', 'USD'][(index + seed) % 5] as string)

async function work(caller: Caller, over: () => boolean): Promise<void> {
  const { scene, dice } = caller
  for (let done = 0; done < LEAST_OPERATIONS || !over(); done += 1) {
    const operation = dice.weighted(OPERATIONS)
    scene.tallies.operations.add(operation.name)
    await operation.act(caller)
    await sleep(dice.between(0, 60))
  }
}

async function inject(
  scene: Scene,
  caller: Caller,
  faults: ReturnType<typeof chooseFaults>,
  troubles: Troubles,
): Promise<void> {
  const { dice } = caller
  for (const { id, name, act } of faults) {
    await sleep(dice.between(100, PAUSE_MS))
    const note = (what: string) => scene.steps.note(id, what)
    note(`begins: ${name}`)
    scene.tallies.faults.add(`${id} ${name}`)
    const end = troubles.begin(id)
    try {
      await act({ scene, dice, caller, note })
    } finally {
      end()
      note(`is over: ${name}`)
    }
  }
  await sleep(dice.between(100, PAUSE_MS))
}

/** Unforeseen errors: told in the summary; what the faults of the seed explain is left out. */
function judgeErrors({ stack, tallies, excuses }: Scene): void {
  const answers = tallies.answers.counts()
  const unforeseen = Object.entries(answers).filter(([answer]) => answer.startsWith('500'))
  const excused = excuses.size > 0
  for (const [answer, count] of unforeseen) if (!excused) tallies.remarks.add(`answered ${answer}`, count)
  for (const line of stack.takeErrors()) if (!excused) tallies.remarks.add(errorInWords(line))
}

function errorInWords(line: string): string {
  const process = line.slice(0, line.indexOf(':'))
  try {
    const { msg, err } = JSON.parse(line.slice(process.length + 2)) as { msg?: string; err?: { message?: string } }
    return `${process} logged: ${msg ?? ''} ${err?.message ?? ''}`.slice(0, 200)
  } catch {
    return line.slice(0, 200)
  }
}
