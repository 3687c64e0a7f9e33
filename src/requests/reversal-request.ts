import { type Static, Type } from 'typebox'
import { defineJob, PATIENTLY } from '../queue/job-contract.ts'
import { AcceptedJobs, idOfAccepted } from '../work/accepted-jobs.ts'
import { Description } from './formats.ts'

export const ReversalRequest = Type.Object({ reason: Type.Optional(Description) }, { additionalProperties: false })
export type ReversalRequest = Static<typeof ReversalRequest>

/** Mark issued credits for reversal; each account's next bill run applies them. */
export const reversalJob = defineJob({
  name: 'reversal',
  payload: AcceptedJobs,
  idOf: idOfAccepted,
  retry: PATIENTLY,
})
