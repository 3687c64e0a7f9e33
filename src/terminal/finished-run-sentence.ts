import { printable } from '../client/printable.ts'
import { formatMoney, groupThousands } from './format-money.ts'

export type FinishedRun = {
  readonly billRunId: string
  readonly name: string
  readonly billDate: string
  readonly status: string
  readonly seconds: number
  readonly billed: number
  readonly nothingToBill: number
  readonly failed: number
  readonly totals: readonly { readonly currency: string; readonly charged: string; readonly invoices: number }[]
}

/** How a bill run ended, in a sentence or two, with its totals. */
export function finishedRunSentence(run: FinishedRun): string {
  const { name, billDate, status, seconds, billed, nothingToBill, failed } = run
  const counts = [
    `${counted(billed, 'account')} billed`,
    ...(nothingToBill > 0 ? [`${groupThousands(nothingToBill)} with nothing to bill`] : []),
    ...(failed > 0 ? [`${groupThousands(failed)} failed`] : []),
  ].join(', ')
  const totals = run.totals.map(
    ({ currency, charged, invoices }) => ` ${formatMoney(charged, currency)} on ${counted(invoices, 'invoice')}.`,
  )
  const next = failed > 0 ? ` Why: nightbill bill-run failures ${run.billRunId.slice(-12)}` : ''
  const ended = status.replaceAll('_', ' ')
  return printable(
    `Bill run of ${name} as of ${billDate} ${ended} in ${seconds.toFixed(1)} s: ${counts}.${totals.join('')}${next}`,
  )
}

const counted = (count: number, one: string) => `${groupThousands(count)} ${one}${count === 1 ? '' : 's'}`
