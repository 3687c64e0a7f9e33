import type { BillRun, BillRunRate } from '../../api/types.ts'

/** How far a run is, as a page shows it. */
export type RunProgress = {
  /** Billed, with nothing to bill, or failed. */
  readonly dealtWith: number
  readonly left: number
  /** Accounts a second over the last seconds; undefined while that is not known. */
  readonly rate: number | undefined
  /** Seconds until it is done; undefined while that would be a guess. */
  readonly secondsLeft: number | undefined
}

/** How long back the rate looks, in ms, and how much it needs to say anything. */
const WINDOW_MS = 10_000
const LEAST_MS = 1_500
/** No time is guessed before a run has gone on for so long, in ms. */
const SETTLED_MS = 5_000

export type Sample = { readonly at: number; readonly dealtWith: number }

export const dealtWithOf = ({ progress: { billed, nothingToBill, failed } }: BillRun): number =>
  billed + nothingToBill + failed

export const isUnderWay = ({ finishedAt }: Pick<BillRun, 'finishedAt'>): boolean => finishedAt === null

/** The samples that a rate at this moment still looks at, with a new one. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const recent = samples.filter(({ at }) => at >= sample.at - WINDOW_MS)
  return [...recent, sample]
}

/**
 * How far a run is. The rate comes from what was seen; where too little was seen yet, from the moments at which batches ended. While accounts are
 * still being selected no time is guessed: nobody knows how many there will be.
 */
export function progressOf(run: BillRun, samples: readonly Sample[], rate: BillRunRate, now: number): RunProgress {
  const dealtWith = dealtWithOf(run)
  const left = Math.max(0, run.progress.accounts - dealtWith)
  const perSecond = isUnderWay(run) ? (rateSeen(samples, now) ?? rateOfLast(rate, now)) : undefined
  const since = run.startedAt === null ? 0 : now - Date.parse(run.startedAt)
  const isGuess = run.selecting || since < SETTLED_MS || perSecond === undefined || perSecond === 0
  return { dealtWith, left, rate: perSecond, secondsLeft: isGuess ? undefined : left / perSecond }
}

function rateSeen(samples: readonly Sample[], now: number): number | undefined {
  const recent = samples.filter(({ at }) => at >= now - WINDOW_MS)
  const [first, last] = [recent[0], recent.at(-1)]
  if (!first || !last || now - first.at < LEAST_MS) return undefined
  return ((last.dealtWith - first.dealtWith) * 1_000) / (now - first.at)
}

/** The rate over the last seconds, from the steps in which a run is kept. */
function rateOfLast({ from, stepSeconds, accounts }: BillRunRate, now: number): number | undefined {
  if (from === null || accounts.length === 0) return undefined
  const steps = Math.max(1, Math.round(WINDOW_MS / 1_000 / stepSeconds))
  const last = accounts.slice(-steps)
  const started = Date.parse(from) + (accounts.length - last.length) * stepSeconds * 1_000
  const seconds = (now - started) / 1_000
  return seconds < 1 ? undefined : last.reduce((sum, count) => sum + count, 0) / seconds
}
