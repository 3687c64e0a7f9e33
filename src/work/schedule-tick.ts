import { Type } from 'typebox'
import { defineJob, PATIENTLY } from '../queue/job-contract.ts'
import { BillGroup } from '../requests/formats.ts'

/** A schedule's time has come. Proposes a bill run; the database lets one through for each schedule and business date. */
export const scheduleTickJob = defineJob({
  name: 'schedule-tick',
  payload: Type.Object({ v: Type.Literal(1), schedule: BillGroup }, { additionalProperties: false }),
  idOf: ({ schedule }) => schedule,
  retry: PATIENTLY,
})
