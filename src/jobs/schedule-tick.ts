import { Type } from 'typebox'
import { defineJob, PATIENTLY } from './define-job.ts'
import { BillGroup } from './formats.ts'

/** A schedule's time has come. Proposes a bill run; the database lets one through for each schedule and business date. */
export const scheduleTickJob = defineJob({
  name: 'schedule-tick',
  payload: Type.Object({ v: Type.Literal(1), schedule: BillGroup }, { additionalProperties: false }),
  idOf: ({ schedule }) => schedule,
  retry: PATIENTLY,
})
