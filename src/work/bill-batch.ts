import { Type } from 'typebox'
import { defineJob, PATIENTLY } from '../queue/job-contract.ts'
import { Uuid } from '../requests/formats.ts'

/** Bill one batch of a run's accounts. */
export const billBatchJob = defineJob({
  name: 'bill-batch',
  payload: Type.Object({ v: Type.Literal(1), billBatchId: Uuid }, { additionalProperties: false }),
  idOf: ({ billBatchId }) => billBatchId,
  retry: PATIENTLY,
})
