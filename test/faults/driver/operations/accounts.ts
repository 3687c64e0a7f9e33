import type { Account } from '../ledger.ts'
import type { Caller, Scene } from '../scene.ts'

const newAccount = ({ id, currency }: Account, { ledger }: Scene) => ({
  accountId: id,
  name: `Account ${id}`,
  currency,
  billGroup: ledger.group,
  paymentTermsDays: 30,
})

/** Makes the accounts that the seed works on. */
export async function makeAccounts({ scene, calls }: Caller, currencies: readonly string[]): Promise<void> {
  for (const currency of currencies) {
    const account = scene.ledger.newAccount(currency)
    const answer = await calls.untilAnswered({ method: 'POST', path: '/v1/accounts', body: newAccount(account, scene) })
    if (answer.kind === 'refused')
      scene.failures.push(`account ${account.id} was refused: ${answer.status} ${answer.code}`)
  }
}

/** The same account again is the same; another of its name is refused. */
export async function repeatAccount({ scene, calls, dice }: Caller): Promise<void> {
  const account = dice.pick(scene.ledger.accounts)
  const same = dice.chance(0.5)
  const body = { ...newAccount(account, scene), ...(same ? {} : { name: 'Somebody else' }) }
  const answer = await calls.untilAnswered({ method: 'POST', path: '/v1/accounts', body })
  const expected = same ? 200 : 409
  if (answer.status !== expected)
    scene.failures.push(
      `account ${account.id} ${same ? 'again' : 'with another name'}: ${answer.status}, not ${expected}`,
    )
}

/** Reads of all kinds: each must be answered in the end, and not refused. */
export async function readSomething({ scene, calls, dice }: Caller): Promise<void> {
  const { id } = dice.pick(scene.ledger.accounts)
  const credit = dice.pickAny(scene.ledger.idleCredits())
  const run = dice.pickAny(scene.ledger.runs)
  const paths = [
    `/v1/accounts/${id}`,
    `/v1/accounts?limit=${dice.between(1, 50)}`,
    `/v1/credits?accountId=${id}`,
    `/v1/credits?accountId=${id}&status=${dice.pick(['pending', 'issued', 'reversal_pending', 'reversed', 'deleted'])}`,
    `/v1/invoices?accountId=${id}&limit=3`,
    `/v1/invoices?accountId=${id}&status=unpaid&limit=3`,
    '/v1/bill-runs?limit=5',
    '/v1/schedules',
    ...(credit
      ? [`/v1/credits/${credit.creditId}/disbursements`, `/v1/credits/${credit.creditId}/unpaid-invoices?limit=3`]
      : []),
    ...(run ? [`/v1/bill-runs/${run.billRunId}`, `/v1/bill-runs/${run.billRunId}/failures`] : []),
  ]
  const path = dice.pick(paths)
  const answer = await calls.untilAnswered({ method: 'GET', path })
  // A credit that is accepted need not be recorded yet.
  if (answer.kind === 'refused' && answer.code !== 'credit_not_found')
    scene.failures.push(`GET ${path} was refused: ${answer.status} ${answer.code}`)
}

/** A preview writes nothing: what it would write has no label, and would be found in the end. */
export async function preview({ scene, calls, dice }: Caller): Promise<void> {
  const { accounts } = scene.ledger
  const accountIds = [...new Set([dice.pick(accounts).id, dice.pick(accounts).id])]
  const answer = await calls.untilAnswered({ method: 'POST', path: '/v1/bill-runs/preview', body: { accountIds } })
  if (answer.kind === 'refused')
    scene.failures.push(`preview of ${accountIds} was refused: ${answer.status} ${answer.code}`)
}
