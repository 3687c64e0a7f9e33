import { dayFromToday } from '../days.ts'
import { runCommand } from '../kept-process.ts'
import { type Charge, randomAmount, said } from '../ledger.ts'
import type { Caller } from '../scene.ts'
import { API_KEY } from '../stack.ts'
import { bodyOf, confirm, newCredit } from './credits.ts'

/** The same through the command line: a process that starts, asks the API, and ends. Exit code 0 says that it was done. */
export async function byCommand(caller: Caller): Promise<void> {
  const { dice } = caller
  await dice.pick([addCharge, addCredit, startRun, showAccount])(caller)
}

async function command({ scene, dice }: Caller, args: readonly string[]) {
  const { url } = dice.pick(scene.stack.apis)
  const answered = scene.steps.begin('command line', args.join(' '))
  const env = { NIGHTBILL_URL: url, NIGHTBILL_API_KEY: API_KEY }
  const { code, stdout, stderr, ms } = await runCommand(['src/cli.ts', ...args, '--json'], env, { withinMs: 90_000 })
  answered(`exit code ${code} after ${ms} ms ${code === 0 ? stdout.replace(/\s+/g, ' ').slice(0, 200) : stderr.trim()}`)
  scene.tallies.answers.add(`command: exit code ${code}`)
  return code === 0 ? JSON.parse(stdout) : undefined
}

async function addCharge(caller: Caller): Promise<void> {
  const { scene, dice } = caller
  const account = dice.pick(scene.ledger.accounts)
  const label = scene.ledger.newLabel('charge')
  const entry: Charge = {
    label,
    account,
    amount: randomAmount(dice),
    lot: label,
    chargedOn: dayFromToday(-1),
    certainty: 'maybe',
  }
  const given = ['--amount', said(account, entry.amount), '--description', label, '--date', entry.chargedOn]
  const answer = await command(caller, ['charge', 'add', '--account', account.id, ...given])
  if (answer) entry.certainty = 'sure'
  account.charges.push(entry)
}

async function addCredit(caller: Caller): Promise<void> {
  const { scene, dice } = caller
  const credit = newCredit(scene, dice, scene.ledger.newLabel('lot'))
  const { accountId, amount, reason, automaticDisbursement, reference } = bodyOf(credit)
  const given = ['--account', accountId, '--amount', amount, '--reason', reason]
  const more = [...(automaticDisbursement ? [] : ['--manual']), ...(reference ? ['--reference', reference] : [])]
  const answer = await command(caller, ['credit', 'add', ...given, ...more])
  if (answer) confirm(credit, answer)
  credit.account.credits.push(credit)
}

async function startRun(caller: Caller): Promise<void> {
  const { ledger } = caller.scene
  const answer = await command(caller, ['bill-run', 'start', '--group', ledger.group, '--date', dayFromToday(0)])
  if (answer) ledger.runs.push({ billRunId: answer.billRunId, cancelled: 'no' })
}

async function showAccount(caller: Caller): Promise<void> {
  await command(caller, ['account', 'show', caller.dice.pick(caller.scene.ledger.accounts).id])
}
