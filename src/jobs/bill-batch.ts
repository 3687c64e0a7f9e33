import { Type } from 'typebox'
import { defineJob, PATIENTLY } from './define-job.ts'
import { Uuid } from './formats.ts'

/** Bill one batch of a run's accounts. */
export const billBatchJob = defineJob({
  name: 'bill-batch',
  payload: Type.Object({ v: Type.Literal(1), billBatchId: Uuid }, { additionalProperties: false }),
  idOf: ({ billBatchId }) => billBatchId,
  retry: PATIENTLY,
})
