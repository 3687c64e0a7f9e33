import type { QueueKind } from '../servers.ts'
import type { Outcome, Work, WorkSize } from '../work/work.ts'

/** Where and how a contestant bills. */
export type Target = WorkSize & {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly queue: QueueKind
  /** YYYY-MM-DD */
  readonly billDate: string
  readonly batch: number
  readonly workers: number
  /** Batches that one worker bills at once. */
  readonly concurrency: number
}

/** A way of billing, to be measured. */
export type Contestant = {
  readonly name: string
  /** What it bills: the same accounts and amounts as the others, in the tables that it knows. */
  readonly work: Work
  /** Starts all that it needs and bills the warm-up group; nothing of it counts. */
  readonly start: (target: Target) => Promise<Started>
  /** What came of it, where it does less than a bill run, so that the work's own proof does not hold. */
  readonly prove?: (databaseUrl: string) => Promise<Outcome>
}

export type Started = {
  /** Bills every account of the group `default`, from the request to the last COMMIT: this is measured. */
  readonly bill: () => Promise<void>
  /** Ends what was started, and tells the largest resident memory of its processes in MB, where it has any. */
  readonly stop: () => Promise<{ readonly peakMemoryMb?: number }>
}
