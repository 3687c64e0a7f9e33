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

/** What work is done with, in one process. */
export type WorkContext = {
  readonly config: Config
  readonly log: Logger
  readonly db: Db
  readonly queues: Queues
  readonly gate: Gate
}

/** What work needs of the process that does it. */
export type WorkProcess = Omit<WorkContext, 'gate'> & { readonly backend: Backend; readonly databaseUrl: string }

/** Work that lies in Postgres until it is done. */
export type Durable = {
  /** Finds what has no live job, for the relay. */
  readonly findDue: FindDue
  /** A select of what is not done yet: `open`, how many, and `since`, when the oldest was accepted. For the relay and /metrics. */
  readonly backlog: RawBuilder<unknown>
}

/** A kind of work: its contract with the queue, how the relay finds what is due, and the script that does it. */
export type Kind = JobContract & {
  /** The worker process that carries it where kinds are scaled apart: what `--kinds` names. */
  readonly process: string
  /** Jobs that one process takes at once. */
  readonly concurrency: (config: Config) => number
  /** Not of what is only proposed again and again, such as the tick of a schedule. */
  readonly durable?: Durable
  /** Gives what processes one job. Whatever it throws is tried again. */
  readonly open: (context: WorkContext) => Handle
}
