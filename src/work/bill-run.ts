import { Type } from 'typebox'
import { defineJob, PATIENTLY } from '../queue/job-contract.ts'
import { Uuid } from '../requests/formats.ts'

/** Select a bill run's accounts, cut them into batches and wake a job for each. */
export const billRunJob = defineJob({
  name: 'bill-run',
  payload: Type.Object({ v: Type.Literal(1), billRunId: Uuid }, { additionalProperties: false }),
  idOf: ({ billRunId }) => billRunId,
  retry: PATIENTLY,
})
