import { type Corruption, copy, credit } from './corruption.ts'

const JOB =
  'id, type, subject_id, account_id, request, status, api_key_id, request_id, created_at, finished_at, request_digest'
const jobOf = (status: string) =>
  `(select j.id from job j join credit c on c.id = j.subject_id where j.type = 'credit' and c.status = '${status}' order by c.id limit 1)`
/** The first request that waits with a reference, and without. */
const waiting = (referring: boolean) =>
  `(select id from job where status = 'queued' and (request ? 'reference') = ${referring} limit 1)`
const forgotten =
  "(select subject_id from forgotten_job where type = 'credit' and status = 'done' order by subject_id limit 1)"

/** Of what was accepted. */
export const REQUEST_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'an accepted credit lost',
    statements: `delete from credit where id = ${credit('pending')}`,
    rules: ['accepted_jobs'],
  },
  {
    what: 'an accepted credit recorded at another amount',
    statements: `update credit set amount = amount * 10 where id = ${credit('pending')}`,
    rules: ['accepted_jobs', 'requested_credits'],
  },
  {
    what: 'a credit recorded while its job is queued',
    statements: `update job set status = 'queued', finished_at = null where id = ${jobOf('pending')}`,
    rules: ['accepted_jobs'],
  },
  {
    what: 'a credit recorded though its job was refused',
    statements: `update job set status = 'failed', error_code = 'internal_error' where id = ${jobOf('deleted')}`,
    rules: ['accepted_jobs'],
  },
  {
    what: 'a job done without its credit',
    statements: `update job set status = 'done', finished_at = now() where id = ${waiting(true)}`,
    rules: ['accepted_jobs'],
    possible: 'it settles jobs; that the credit was written in the same transaction is not looked up for each',
  },
  {
    what: 'an accepted request gone while its reference stays',
    statements: `delete from job where id = ${waiting(true)}`,
    rules: ['references', 'accepted_jobs'],
  },
  {
    what: 'an accepted request gone without a trace',
    statements: `delete from job where id = ${waiting(false)}`,
    rules: ['accepted_jobs'],
  },
  {
    what: 'a request of another amount while it waits',
    statements: `update job set request = request || '{"amount": "1"}' where id = ${waiting(true)}`,
    rules: ['accepted_as_is'],
  },
  {
    what: 'a request of another amount after it was carried out, and its credit too',
    statements: `update job set request = request || '{"amount": "1"}' where id = ${jobOf('pending')};
      update credit set amount = 1 where id = ${credit('pending')}`,
    rules: ['accepted_as_is'],
  },
  {
    what: 'a request of another account',
    statements: `update job set account_id = (select min(id) from account) where id = ${waiting(true)}`,
    rules: ['accepted_as_is'],
  },
  {
    what: 'a request of another caller',
    statements: `update job set request_id = 'somebody else' where id = ${waiting(false)}`,
    rules: ['accepted_as_is'],
  },
  {
    what: 'a credit that no request asked for',
    statements: `set local session_replication_role = replica; insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at)
      select gen_random_uuid(), min(id), 1000, 'a gift', true, now() from account`,
    rules: ['requested_credits'],
  },
  {
    what: 'a credit that no request asked for, with the triggers on',
    statements: `insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at)
      select gen_random_uuid(), min(id), 1000, 'a gift', true, now() from account`,
    rules: ['requested_credits'],
  },
  {
    what: 'a credit asked for twice',
    statements: `set local session_replication_role = replica;
      ${copy('job', JOB, "gen_random_uuid(), type, subject_id, account_id, request, status, api_key_id, request_id, created_at, finished_at, ''", `id = ${jobOf('pending')}`)}`,
    rules: ['requested_credits', 'accepted_as_is', 'accepted_jobs'],
  },
  {
    what: 'a credit for another reason',
    statements: `update credit set reason = 'another' where id = ${credit('pending')}`,
    rules: ['requested_credits'],
  },
  {
    what: 'a credit that disburses itself, unasked',
    statements: `update credit set automatic_disbursement = not automatic_disbursement where id = ${credit('pending')}`,
    rules: ['requested_credits'],
  },
  {
    what: 'a credit older than its request',
    statements: `update credit set created_at = '2020-01-01' where id = ${credit('pending')}`,
    rules: ['requested_credits'],
  },
  {
    what: 'a pending credit that changed hands',
    statements: `update credit set account_id = (select max(id) from account) where id = ${credit('pending')}`,
    rules: ['requested_credits'],
  },
  {
    what: 'a credit whose forgotten request was of another amount',
    statements: `update credit set amount = amount + 1 where id = ${forgotten}`,
    rules: ['requested_credits'],
  },
  {
    what: 'the record of a forgotten request gone',
    statements: `delete from forgotten_job where subject_id = ${forgotten}`,
    rules: ['requested_credits', 'accepted_jobs'],
  },
  {
    what: 'a job that was carried out deleted, with no record of it',
    statements: `set local session_replication_role = replica; delete from job where id = ${jobOf('pending')}`,
    rules: ['requested_credits', 'accepted_jobs'],
  },
  {
    what: 'a reference that names the credit of another',
    statements: `update credit_reference set credit_id = ${credit('deleted')} where reference = 'done'`,
    rules: ['references'],
  },
  {
    what: 'a reference freed though its credit bears it',
    statements: "delete from credit_reference where reference = 'done'",
    rules: ['references'],
  },
  {
    what: 'a reference of another account',
    statements: "update credit_reference set account_id = (select min(id) from account) where reference = 'done'",
    rules: ['references'],
  },
  {
    what: 'two credits of one reference',
    statements: `update credit set reference = 'done', account_id = (select max(id) from account) where id = ${credit('pending')}`,
    rules: ['references', 'requested_credits'],
  },
]
