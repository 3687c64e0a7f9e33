import { act, type CreditAction, type CreditStatus } from '../../billing/credit-life.ts'
import { Refusal } from '../../problems.ts'

type Credit = { readonly id: string; readonly status: CreditStatus }

/** The status that a credit has after an action. Throws a Refusal when its status does not allow it. */
export function statusAfter(credit: Credit, action: CreditAction): CreditStatus {
  const refusal = refuseAction(credit, action)
  if (refusal) throw refusal
  return act(credit.status, action) as CreditStatus
}

/** The Refusal when a credit's status does not allow an action; undefined when it does. */
export function refuseAction({ id, status }: Credit, action: CreditAction): Refusal | undefined {
  const outcome = act(status, action)
  return typeof outcome === 'string' ? undefined : new Refusal(outcome.code, `credit ${id} ${outcome.reason}`)
}
