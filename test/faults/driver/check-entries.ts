import type { Account, Charge, Credit } from './ledger.ts'
import type { Shown, ShownDisbursement } from './read-back.ts'

type Found = (what: string) => void

/** Every accepted credit is there once, as it was given, in a state that the answers allow; nobody was given another. */
export function checkCredits(account: Account, shown: Shown, found: Found): void {
  const known = new Map(account.credits.map((credit) => [credit.label, credit]))
  const there = Map.groupBy(shown.credits, ({ reason }) => reason)
  for (const [reason, credits] of there) {
    const credit = known.get(reason)
    const says = credits.map((one) => `${one.creditId} of ${one.amount} ${one.status}`).join(', ')
    if (!credit) found(`${account.id} has a credit that was not accepted: "${reason}" (${says})`)
    else if (credits.length > 1) found(`${account.id} has "${reason}" ${credits.length} times (${says})`)
    else checkCredit(credit, credits[0] as Shown['credits'][number], found)
  }
  for (const { label, certainty, creditId } of account.credits)
    if (certainty === 'sure' && !there.has(label))
      found(`${account.id} lacks "${label}", which was accepted as ${creditId}`)
  checkLots(account.credits, (label) => there.has(label), found)
  checkDisbursements(account, shown, found)
}

function checkCredit(credit: Credit, shown: Shown['credits'][number], found: Found): void {
  const { label, amount, creditId, fates } = credit
  if (creditId !== undefined && creditId !== shown.creditId)
    found(`"${label}" was accepted as ${creditId} and is ${shown.creditId}`)
  if (amount !== shown.amount) found(`"${label}" was of ${amount} and is of ${shown.amount}`)
  if (credit.automatic !== shown.automaticDisbursement) found(`"${label}" has another option of automatic disbursement`)
  if (![...fates].some((fate) => fate === shown.status))
    found(`"${label}" is ${shown.status}, not ${[...fates].join(' or ')}`)
}

/** Every answered disbursement by hand is there once; of those that nobody answered for, some may be. */
function checkDisbursements(account: Account, shown: Shown, found: Found): void {
  const byHand = shown.invoices.flatMap(({ disbursements }) => disbursements.filter(({ automatic }) => !automatic))
  const ids = shown.invoices.flatMap(({ disbursements }) => disbursements.map(({ disbursementId }) => disbursementId))
  if (new Set(ids).size !== ids.length) found(`${account.id} has a disbursement twice`)
  const left = new Map(byHand.map((one) => [one.disbursementId, one]))
  const creditOf = new Map(account.credits.map((credit) => [credit.creditId, credit]))
  for (const { label, creditId, disbursed } of account.credits) {
    for (const { id, amount, invoiceId } of disbursed.filter(({ certainty }) => certainty === 'sure')) {
      const there = left.get(id ?? '')
      if (there?.amount !== amount || there.invoiceId !== invoiceId || there.creditId !== creditId)
        found(`"${label}" was disbursed by ${amount} to ${invoiceId} (${id}), and there is ${inWords(there)}`)
      left.delete(id ?? '')
    }
  }
  for (const one of left.values()) {
    const maybe = creditOf.get(one.creditId)?.disbursed ?? []
    const index = maybe.findIndex(
      ({ certainty, amount, invoiceId }) =>
        certainty === 'maybe' && amount === one.amount && invoiceId === one.invoiceId,
    )
    if (index < 0) found(`${account.id} has a disbursement by hand that was not accepted: ${inWords(one)}`)
    else maybe.splice(index, 1)
  }
}

const inWords = (one: ShownDisbursement | undefined) =>
  one === undefined ? 'none' : `${one.disbursementId} of ${one.amount} of ${one.creditId} to ${one.invoiceId}`

/** After the last run every accepted charge stands on one invoice, once, with its amount; and no other does. */
export function checkCharges(account: Account, shown: Shown, found: Found): void {
  if (account.huge) return
  const known = new Map(account.charges.map((charge) => [charge.label, charge]))
  const lines = shown.invoices.flatMap(({ transactions, issuedOn }) =>
    transactions.filter(({ type }) => type === 'charge').map((line) => ({ ...line, issuedOn })),
  )
  const there = Map.groupBy(lines, ({ description }) => description)
  for (const [description, charges] of there) {
    const charge = known.get(description)
    if (!charge) found(`${account.id} was billed for a charge that was not accepted: "${description}"`)
    else if (charges.length > 1) found(`${account.id} was billed for "${description}" ${charges.length} times`)
    else if (charges[0]?.amount !== charge.amount)
      found(`"${description}" was of ${charge.amount} and was billed as ${charges[0]?.amount}`)
    else if (charge.chargeId !== undefined && charge.chargeId !== charges[0]?.chargeId)
      found(`"${description}" was recorded as ${charge.chargeId} and was billed as ${charges[0]?.chargeId}`)
  }
  for (const { description, issuedOn } of lines) {
    const chargedOn = known.get(description)?.chargedOn ?? issuedOn
    if (chargedOn > issuedOn) found(`"${description}" of ${chargedOn} was billed as of ${issuedOn}`)
  }
  for (const { label, certainty } of account.charges)
    if (certainty === 'sure' && !there.has(label))
      found(`${account.id} was not billed for "${label}", which was recorded`)
  checkLots(account.charges, (label) => there.has(label), found)
}

/** What was sent together without an answer is there as a whole, or not at all. */
function checkLots(entries: readonly (Charge | Credit)[], isThere: (label: string) => boolean, found: Found): void {
  for (const [lot, together] of Map.groupBy(entries, (entry) => entry.lot)) {
    const there = together.filter(({ label }) => isThere(label)).length
    if (there !== 0 && there !== together.length)
      found(`of ${together.length} entries of one account in "${lot}" ${there} are there`)
  }
}
