import { formatAmount, Money } from '../money.ts'
import type { BillRunRow } from '../reads/bill-runs.ts'
import type { FindingRule } from './findings.ts'
import { secondsBetween } from './findings-bad.ts'
import { group, sayDuration, sayRun } from './wording.ts'

/** By how much of the run before another may differ: 30 %. */
const MAX_CHANGE = new Money('0.3')

/** What is good to know. */
export const NOTES: Readonly<Record<string, FindingRule>> = {
  key_expires: ({ now, keys }) =>
    keys.map(({ id, name, expiresAt }) => ({
      what: `The key ${name} expires in ${sayDuration(secondsBetween(now, expiresAt))}`,
      why: 'Whoever uses it is refused from then on: give them another in time.',
      since: null,
      action: { label: 'Keys', target: { kind: 'key', id } },
    })),

  charged_changed: ({ lastRun, runBefore }) =>
    lastRun === null || runBefore === null
      ? []
      : lastRun.totals
          .map(({ currency }) => ({
            currency,
            last: chargedIn(lastRun, currency),
            before: chargedIn(runBefore, currency),
          }))
          .filter(({ last, before }) => before.gt(0) && last.minus(before).abs().gt(before.times(MAX_CHANGE)))
          .map(({ currency, last, before }) => ({
            what: `${sayRun(lastRun)} charged ${sayChange(last, before)} than the run before`,
            why: `${sayAmount(last, currency)} after ${sayAmount(before, currency)}.`,
            since: lastRun.finished_at,
            action: { label: 'Compare', target: { kind: 'bill-run', id: lastRun.id } },
          })),
}

const chargedIn = ({ totals }: BillRunRow, currency: string) =>
  new Money(totals.find((total) => total.currency === currency)?.charged ?? 0)

const sayChange = (last: Money, before: Money) => {
  const percent = last.minus(before).abs().dividedBy(before).times(100).toDecimalPlaces(0)
  return `${group(percent.toFixed())} % ${last.gt(before) ? 'more' : 'less'}`
}

const sayAmount = (amount: Money, currency: string) => `${group(formatAmount(amount, currency))} ${currency}`
