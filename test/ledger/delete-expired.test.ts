import { afterEach, beforeEach, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { acceptCredits } from '../../src/ledger/credits/accept-credits.ts'
import { acceptReversal } from '../../src/ledger/credits/accept-reversal.ts'
import { recordReversals } from '../../src/ledger/credits/record-reversals.ts'
import { deleteExpired } from '../../src/ledger/requests/delete-expired.ts'
import { settleJobs } from '../../src/ledger/requests/settle-jobs.ts'
import { capturing, explain } from '../support/captured-queries.ts'
import { countOf, openWorld, type World } from '../support/world.ts'

/** Rows of which a plan that reads them all is seen. */
const MANY = 8_000
const KEEP = { idempotencyHours: 24, jobDays: 35 }

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const asOwner = (statement: string) => world.asOwner((client) => client.query(statement))

/** Makes every finished job older than it is promised to be kept. */
const age = () =>
  asOwner(`update job set created_at = '2020-01-02', finished_at = '2020-01-03' where status <> 'queued'`)

const entries = () =>
  world.db
    .selectFrom('audit_entry')
    .select(['audit_id', 'at', 'api_key_id', 'request_id', 'action', 'subject', 'reason', 'detail'])
    .orderBy('action')
    .orderBy('subject')
    .execute()

/** A finished job of an account for each number up to `count`. */
const insertFinished = (accountId: number, count: number) =>
  asOwner(`
    insert into job (id, type, subject_id, account_id, request, status, api_key_id, request_id, finished_at)
    select gen_random_uuid(), 'credit', gen_random_uuid(), ${accountId}, '{}', 'done', '${world.actor.apiKeyId}', 'request-' || i, now()
    from generate_series(1, ${count}) i`)

test('who asked for a credit or a reversal, when, with which key and request, and why, outlives the job', async () => {
  const account = await world.account({ charges: ['10'] })
  const creditId = await world.credit(account, '5', { automatic: true })
  await world.billRun()
  const by = (requestId: string) => ({ ...world.actor, requestId })
  const { jobId } = await inTransaction(world.db, (tx) =>
    acceptReversal(tx, creditId, { reason: 'Given in error' }, by('the reversal')),
  )
  await inTransaction(world.db, (tx) => recordReversals(tx, [jobId]))
  const [failed] = await inTransaction(world.db, (tx) =>
    acceptCredits(tx, [{ request: { accountId: account.key, amount: '7.10', reason: 'r' }, actor: by('the failed') }]),
  )
  if (failed === undefined || !('jobId' in failed)) throw new Error('the credit is refused')
  const refusal = { code: 'internal_error', message: 'm' }
  await settleJobs(world.db, [{ id: failed.jobId, refusal, result: {} }])
  await age()
  const waiting = await world.accept(account, '1', { automatic: true })

  for (let times = 1; times <= 2; times += 1) await deleteExpired(world.db, KEEP)

  expect(await world.db.selectFrom('job').select('id').execute()).toEqual([{ id: waiting.jobId }])
  const entry = (
    action: string,
    request_id: string,
    subject: string,
    reason: string,
    detail: string | null = null,
  ) => ({
    audit_id: expect.any(String),
    at: new Date('2020-01-02'),
    api_key_id: world.actor.apiKeyId,
    request_id,
    action,
    subject,
    reason,
    detail,
  })
  const credits = [
    entry('credit.request', 'test', creditId, 'a credit'),
    entry('credit.request', 'the failed', failed.creditId, 'r', `failed, internal_error: 7.10 for ${account.key}`),
  ]
  expect(await entries()).toEqual([
    ...credits.sort((a, b) => (a.subject < b.subject ? -1 : 1)),
    { ...entry('reversal.request', 'the reversal', creditId, 'Given in error'), audit_id: jobId },
  ])
})

test('more than one statement deletes, by two at once: an entry for each job, none lost and none doubled', async () => {
  const { id } = await world.account()
  await insertFinished(id, 20_001)
  await age()
  await insertFinished(id, 3)
  await Promise.all([deleteExpired(world.db, KEEP), deleteExpired(world.db, KEEP)])
  // One that met the other may have left the rest to the next hour.
  await deleteExpired(world.db, KEEP)
  expect(await countOf(world.db, 'job')).toBe(3)
  const { rows } = await asOwner(
    'select count(*)::int as all, count(distinct request_id)::int as unlike from audit_entry',
  )
  expect(rows).toEqual([{ all: 20_001, unlike: 20_001 }])
})

test('with nothing old, nothing is looked at but the ends of two indexes, however many were forgotten before', async () => {
  const { id } = await world.account()
  const insertRecords = () =>
    asOwner(`
      insert into idempotency_record (api_key_id, key, request_hash, status, body)
      select '${world.actor.apiKeyId}', gen_random_uuid(), '', 200, '{}' from generate_series(1, ${MANY})`)
  const vacuum = async () => {
    await asOwner('vacuum analyze idempotency_record')
    await asOwner('vacuum analyze job')
  }
  await insertRecords()
  await insertFinished(id, MANY)
  await age()
  // A few stay, so that new ones take the places of those that go.
  await asOwner(`update idempotency_record set created_at = '2020-01-01' where random() < 0.9`)
  await vacuum()
  await deleteExpired(world.db, KEEP)
  await vacuum()
  await insertRecords()
  await insertFinished(id, MANY)
  await vacuum()

  const statements = await capturing(world.db, () => deleteExpired(world.db, KEEP))
  expect(statements).toHaveLength(2)
  const reads = await Promise.all(statements.map((statement) => explain(world.db, statement)))
  expect(reads.flat().filter(({ how, rows }) => how === 'Seq Scan' || rows > 0)).toEqual([])
})

test('what cannot be kept is not deleted', async () => {
  const { id } = await world.account()
  await insertFinished(id, 2)
  await age()
  await asOwner(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$;
    create trigger refuse before insert on audit_entry for each row execute function refuse()`)
  await expect(deleteExpired(world.db, KEEP)).rejects.toThrow('the disk is full')
  expect(await countOf(world.db, 'job')).toBe(2)
})
