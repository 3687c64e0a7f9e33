import type { QueueKind } from './servers.ts'

/** Where and how a contestant bills. */
export type Target = {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly queue: QueueKind
  /** In the group `default`; their ids are 1 to this. The group `warm-up` has the ids behind. */
  readonly accounts: number
  readonly warmUpAccounts: number
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
  /** Starts all that it needs and bills the warm-up group; nothing of it counts. */
  readonly start: (target: Target) => Promise<Started>
}

export type Started = {
  /** Bills every account of the group `default`, from the request to the last COMMIT: this is measured. */
  readonly bill: () => Promise<void>
  /** Ends what was started, and tells the largest resident memory of its processes in MB, where it has any. */
  readonly stop: () => Promise<{ readonly peakMemoryMb?: number }>
}
