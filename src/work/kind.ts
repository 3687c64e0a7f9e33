import type { RawBuilder } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Db } from '../db/open.ts'
import type { FindDue } from '../ledger/requests/find-due.ts'
import type { Backend } from '../queue/backend.ts'
import type { JobContract } from '../queue/job-contract.ts'
import type { Queues } from '../queue/queues.ts'
import type { Handle } from '../queue/start-worker.ts'
import type { Gate } from './gate.ts'

/** What the handlers of one process work with. */
export type WorkContext = {
  readonly config: Config
  readonly log: Logger
  readonly db: Db
  readonly queues: Queues
  readonly gate: Gate
}

/** What a process gives to the work that it runs. */
export type WorkProcess = Omit<WorkContext, 'gate'> & { readonly backend: Backend; readonly databaseUrl: string }

/** Work whose rows are in Postgres until it is done. */
export type Durable = {
  /** Finds rows that have no live job, for the relay. */
  readonly findDue: FindDue
  /** A select of the rows that are not done: `open` is their count, `since` when the oldest was accepted. For the relay and /metrics. */
  readonly backlog: RawBuilder<unknown>
  /** A select of how many rows were finished from one moment up to another: `done` and `failed`. */
  readonly finished: (from: RawBuilder<unknown>, to: RawBuilder<unknown>) => RawBuilder<unknown>
  /** Whether callers wait for it: it is to be done at once, whereas a batch waits for its turn in a bill run. */
  readonly isRequest: boolean
}

/** A kind of work: its contract with the queue, how the relay finds what is due, and the script that processes it. */
export type Kind = JobContract & {
  /** The worker process that does it when kinds are scaled apart: the name that `--kinds` takes. */
  readonly process: string
  /** How many jobs one process takes at once. */
  readonly concurrency: (config: Config) => number
  /** Absent for work that has no rows, such as the tick of a schedule: it is proposed again at the next tick. */
  readonly durable?: Durable
  /** Returns the handler of one job. A job whose handler throws is tried again. */
  readonly open: (context: WorkContext) => Handle
}
