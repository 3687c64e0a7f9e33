// Process entry: wakes what is durable but has no live job, proposes scheduled runs that were missed, and forgets what is old.
import { forgetOld } from '../src/ledger/forget-old.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { every } from '../src/queue/every.ts'
import { relayOnce } from '../src/queue/relay.ts'
import { keepSchedules, proposeDueRuns } from '../src/queue/schedules.ts'

const HOUR_MS = 3_600_000

await runEntry(async () => {
  const { config, log, db, backend, queues, onStop } = await openProcess('relay')
  const interval = config.RELAY_INTERVAL_MS
  onStop(every(interval, 'relay', () => relayOnce(db, backend, queues, config.RELAY_AFTER_MS, log), log))
  onStop(every(interval, 'keep schedules', () => keepSchedules(db, queues), log))
  onStop(every(interval, 'propose due runs', () => proposeDueRuns(db, queues, log), log))
  onStop(
    every(
      HOUR_MS,
      'forget what is old',
      () => forgetOld(db, { idempotencyHours: config.IDEMPOTENCY_HOURS, jobDays: config.JOB_DAYS }),
      log,
    ),
  )
})
