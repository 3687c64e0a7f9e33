import { sql } from 'kysely'
import type { Rule } from './rule.ts'

/** Finished jobs are deleted after some weeks (delete-expired.ts); `forgotten_job` keeps what they were for. */
export const REQUEST_RULES: readonly Rule[] = [
  {
    name: 'accepted_jobs',
    description:
      'Every accepted request still exists, and so does the credit of every processed one, with the amount that was accepted',
    ofRun: false,
    broken: () => sql`
      select format('job %s is %s, its credit %s is %s', j.id, j.status, j.subject_id, coalesce(c.amount::text, 'not there')) as what
      from job j left join credit c on c.id = j.subject_id
      where j.type = 'credit' and (j.status = 'done') <> (c.id is not null)
        or j.type = 'credit' and c.id is not null and c.amount <> (j.request->>'amount')::numeric
      union all
      select format('the job of credit %s was carried out, and the credit is not there', f.subject_id)
      from forgotten_job f left join credit c on c.id = f.subject_id
      where f.status = 'done' and c.id is null and f.account_id is not null
      union all
      select format('%s requests were accepted, %s are there, and %s were carried out and forgotten', accepted, there, forgotten)
      from (select (select coalesce(sum(jobs), 0) from job_recording) as accepted, (select count(*) from job) as there,
        (select count(*) from forgotten_job) as forgotten) counts
      where accepted <> there + forgotten
      union all
      select format('credit %s names the reversal job %s, which is none of it', c.id, c.reversal_job_id)
      from credit c left join job j on j.id = c.reversal_job_id and j.subject_id = c.id and j.type = 'reversal'
      left join forgotten_job f on f.subject_id = c.id and f.type = 'reversal'
      where c.reversal_job_id is not null and j.id is null and f.subject_id is null
      union all
      select format('the reversal job %s is done, and the reversal of credit %s was never requested', j.id, j.subject_id)
      from job j where j.type = 'reversal' and j.status = 'done'
        and not exists (select from credit_change h where h.credit_id = j.subject_id and h.kind = 'reversal_requested')`,
  },
  {
    name: 'accepted_as_is',
    description: 'No accepted request was changed',
    ofRun: false,
    broken: () => sql`
      select format('job %s of %s is not what was accepted', id, created_at) as what from job
      where request_digest is distinct from job_digest(id, type, subject_id, account_id, api_key_id, request_id, request)`,
  },
  {
    name: 'requested_credits',
    description: 'Every credit was requested exactly once, and is as it was requested',
    ofRun: false,
    broken: () => sql`
      select format('credit %s of %s was asked for %s times', c.id, c.amount, coalesce(j.times, 0)) as what
      from credit c left join (
        select subject_id, count(*) as times from (
          select subject_id from job where type = 'credit' union all select subject_id from forgotten_job where type = 'credit') asked
        group by subject_id) j on j.subject_id = c.id
      where coalesce(j.times, 0) <> 1
      union all
      select format('credit %s differs from what was asked for in job %s', c.id, j.id)
      from credit c join job j on j.subject_id = c.id and j.type = 'credit'
      where (c.account_id, c.amount, c.reason, c.note, c.reference, c.automatic_disbursement, c.created_at)
        is distinct from (j.account_id, (j.request->>'amount')::numeric, j.request->>'reason', j.request->>'note', j.request->>'reference',
          coalesce((j.request->>'automaticDisbursement')::boolean, true), j.created_at)
      union all
      select format('credit %s of %s was asked for at %s', c.id, c.amount, f.amount)
      from credit c join forgotten_job f on f.subject_id = c.id and f.type = 'credit' and f.account_id is not null
      where (c.account_id, c.amount) is distinct from (f.account_id, f.amount)`,
  },
  {
    name: 'references',
    description:
      'Every reference names its credit or a request that still exists, and every credit with a reference is named by it',
    ofRun: false,
    broken: () => sql`
      select format('the reference %s names job %s, which is gone, with no credit', r.reference, r.job_id) as what
      from credit_reference r left join job j on j.id = r.job_id left join credit c on c.id = r.credit_id
      left join forgotten_job f on f.subject_id = r.credit_id
      where j.id is null and c.id is null and f.subject_id is null
      union all
      select format('credit %s bears the reference %s, which names %s', c.id, c.reference, coalesce(r.credit_id::text, 'nothing'))
      from credit c left join credit_reference r on r.account_id = c.account_id and r.reference = c.reference
      where c.reference is not null and r.credit_id is distinct from c.id
      union all
      select format('the reference %s names credit %s, which bears %s', r.reference, c.id, coalesce(c.reference, 'none'))
      from credit_reference r join credit c on c.id = r.credit_id
      where (c.account_id, c.reference) is distinct from (r.account_id, r.reference)`,
  },
]
