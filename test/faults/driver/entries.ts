/** The processes of a stack: their entries, and the name by which Postgres knows their connections. The driver knows no other place where they are named. */
export const APIS = ['api-1', 'api-2'] as const
export const API_ENTRY = ['src/cli.ts', 'api'] as const
export const API_CONNECTIONS = 'nightbill api'

/** Each carries every kind of work: two, so that what one had is taken over by the other, and both may be given the same. */
export const WORKERS = ['worker-1', 'worker-2'] as const
export const WORKER_ENTRY = ['workers/worker.ts'] as const
/** A worker that dies when it bills one account. */
export const DEADLY_ENTRY = 'test/faults/driver/deadly-worker.ts'
export const WORKER_CONNECTIONS = 'nightbill worker'

/** Quick to notice what is lost, and small, so that a seed has many batches, locks that time out, and pools that are used up. */
export const SETTINGS = {
  JOB_LOCK_MS: '5000',
  STALL_CHECK_MS: '2000',
  RELAY_INTERVAL_MS: '500',
  RELAY_AFTER_MS: '1500',
  BILL_BATCH_SIZE: '4',
  DATABASE_POOL: '4',
  LOCK_TIMEOUT_MS: '2000',
  STATEMENT_TIMEOUT_MS: '15000',
  LOG_LEVEL: 'warn',
  PORT: '0',
} as const

export const LOCK_MS = Number(SETTINGS.JOB_LOCK_MS)
/** How long it may take until what a killed worker had is taken over. */
export const TAKEOVER_MS = 10_000
