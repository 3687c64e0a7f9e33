import type { Account } from './ledger.ts'
import { total } from './money.ts'
import type { Shown } from './read-back.ts'

type Found = (what: string) => void

/** The arithmetic of domain.md over what the API shows, and conservation over what the model was told. */
export function checkMoney(account: Account, shown: Shown, found: Found): void {
  checkInvoices(account, shown, found)
  checkLeft(account, shown, found)

  const balances = total(shown.invoices.map(({ balance }) => balance))
  const lefts = total(shown.credits.filter(({ status }) => status === 'issued').map(({ left }) => left))
  if (balances !== shown.balance || lefts !== shown.creditLeft)
    found(
      `${account.id} shows a balance of ${shown.balance} and ${shown.creditLeft} left; they add up to ${balances} and ${lefts}`,
    )

  const labels = new Set(
    shown.invoices.flatMap(({ transactions }) => transactions.map(({ description }) => description)),
  )
  const charges = account.charges.filter(({ certainty, label }) => certainty === 'sure' || labels.has(label))
  const given = shown.credits.filter(({ status }) => status === 'issued' || status === 'reversed')
  const taken = given.filter(({ status }) => status === 'reversed')
  const owed = total(charges.map(({ amount }) => amount)) - total(amountsOf(given)) + total(amountsOf(taken))
  if (balances - lefts !== owed) found(`${account.id} owes ${balances - lefts}; what was accepted adds up to ${owed}`)
}

const amountsOf = (entries: readonly { readonly amount: bigint }[]) => entries.map(({ amount }) => amount)

function checkInvoices(account: Account, { invoices }: Shown, found: Found): void {
  for (const { number, transactions, disbursements, totalCharge, total: sum, balance } of invoices) {
    const of = (type: string) => total(amountsOf(transactions.filter((one) => one.type === type)))
    const charged = account.huge ? totalCharge : of('charge')
    // Not every line of an account with very many charges is shown: what it owes in all is held against the model.
    const owed = account.huge ? sum : charged + of('reversed_credit')
    const disbursed = total(amountsOf(disbursements))
    if (totalCharge !== charged || sum !== owed || balance !== owed - disbursed || balance < 0n || balance > sum)
      found(
        `invoice ${number} says ${totalCharge}, ${sum}, ${balance}; it adds up to ${charged}, ${owed}, ${owed - disbursed}`,
      )
  }
  const runs = invoices.map(({ billRunId }) => billRunId)
  if (new Set(runs).size !== runs.length) found(`${account.id} has two invoices of one run`)
}

function checkLeft(account: Account, { invoices, credits }: Shown, found: Found): void {
  const disbursements = Map.groupBy(
    invoices.flatMap((invoice) => invoice.disbursements),
    ({ creditId }) => creditId,
  )
  for (const { creditId, reason, amount, left, status } of credits) {
    const disbursed = total(amountsOf(disbursements.get(creditId) ?? []))
    const expected = amount - disbursed
    if (left !== expected || left < 0n)
      found(`"${reason}" of ${account.id} has ${left} left; ${amount} less ${disbursed} is ${expected}`)
    if (status === 'reversed' && left !== 0n) found(`"${reason}" of ${account.id} is reversed and has ${left} left`)
  }
}
