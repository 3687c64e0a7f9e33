import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { type AcceptedCredit, acceptCredits } from '../../src/ledger/credits/accept-credits.ts'
import { acceptReversal } from '../../src/ledger/credits/accept-reversal.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { deleteExpired } from '../../src/ledger/requests/delete-expired.ts'
import { retryJob } from '../../src/ledger/requests/retry-job.ts'
import { settleJobs } from '../../src/ledger/requests/settle-jobs.ts'
import { Refusal } from '../../src/problems.ts'
import type { CreditRequest } from '../../src/requests/credit-request.ts'
import { whileOwner } from '../support/owner-transaction.ts'
import { countOf, openWorld, refusalOf, type TestAccount, type World } from '../support/world.ts'

let world: World
let account: TestAccount
beforeEach(async () => {
  world = await openWorld({ max: 20 })
  account = await world.account()
})
afterEach(() => world.close())

async function acceptAll(requests: readonly Partial<CreditRequest>[]) {
  const given = requests.map((request) => ({
    request: { accountId: account.key, amount: '5', reason: 'r', reference: 'ticket-1', ...request },
    actor: world.actor,
  }))
  return await inTransaction(world.db, (tx) => acceptCredits(tx, given))
}

async function accept(request: Partial<CreditRequest> = {}): Promise<AcceptedCredit> {
  const [answer] = await acceptAll([request])
  if (answer === undefined || answer instanceof Refusal) throw answer
  return answer
}

const fail = ({ jobId }: AcceptedCredit) =>
  settleJobs(world.db, [{ id: jobId, refusal: { code: 'database_refused', message: 'm' }, result: {} }])

const record = (...accepted: readonly AcceptedCredit[]) =>
  inTransaction(world.db, (tx) =>
    recordCredits(
      tx,
      accepted.map(({ jobId }) => jobId),
    ),
  )

const retry = (jobId: string) => inTransaction(world.db, (tx) => retryJob(tx, jobId))

const statusOf = async ({ jobId }: AcceptedCredit) =>
  (await world.db.selectFrom('job').select('status').where('id', '=', jobId).executeTakeFirstOrThrow()).status

describe('a reference whose job failed', () => {
  test('is free again, for the same content and for other; then it is taken again', async () => {
    for (const amount of ['5', '7']) {
      const dead = await accept()
      await fail(dead)
      const second = await accept({ amount })
      expect(second).not.toEqual(dead)
      expect(await accept({ amount })).toEqual(second)
      expect(await refusalOf(accept({ amount: '9' }))).toBe('reference_reused')
      await fail(second)
    }
    const last = await accept()
    await record(last)
    expect(await accept()).toEqual(last)
    expect(await countOf(world.db, 'credit')).toBe(1)
    await world.expectReconciled()
  })

  test('is not free while its job is queued or once it is done', async () => {
    const first = await accept()
    expect(await accept()).toEqual(first)
    await record(first)
    expect(await accept()).toEqual(first)
    expect(await refusalOf(accept({ reason: 'other' }))).toBe('reference_reused')
  })

  test('twenty repeats at once, several in one request among them, make one credit', async () => {
    await fail(await accept())
    const answers = (await Promise.all(Array.from({ length: 10 }, () => acceptAll([{}, {}])))).flat()
    const jobs = new Set(answers.map((answer) => (answer as AcceptedCredit).jobId))
    expect(jobs.size).toBe(1)
    await record(...(answers as AcceptedCredit[]))
    expect(await countOf(world.db, 'credit')).toBe(1)
    expect(await countOf(world.db, 'job', "status = 'done'")).toBe(1)
    await world.expectReconciled()
  })

  test('repeats with other content at once: one has it, the others are told so', async () => {
    await fail(await accept())
    const answers = await Promise.all(['1', '2', '3', '4'].map((amount) => acceptAll([{ amount }])))
    const refused = answers.flat().filter((answer) => answer instanceof Refusal)
    expect(refused.map(({ code }) => code)).toEqual(['reference_reused', 'reference_reused', 'reference_reused'])
    expect(await countOf(world.db, 'job', "status = 'queued'")).toBe(1)
  })

  test('many references, in whatever order, taken by many at once: none waits for another in a circle', async () => {
    const references = Array.from({ length: 12 }, (_, n) => ({ reference: `many-${n}` }))
    for (const dead of await acceptAll(references)) await fail(dead as AcceptedCredit)
    const orders = [references, references.toReversed(), references, references.toReversed()]
    const answers = (await Promise.all(orders.map(acceptAll))).flat() as AcceptedCredit[]
    expect(new Set(answers.map(({ jobId }) => jobId)).size).toBe(12)
  })

  test('goes with the job when that is forgotten', async () => {
    const dead = await accept()
    await fail(dead)
    const done = await accept({ reference: 'ticket-2' })
    await record(done)
    await world.asOwner((client) =>
      client.query("update job set created_at = '2020-01-02', finished_at = '2020-01-03' where status <> 'queued'"),
    )
    await deleteExpired(world.db, { idempotencyHours: 24, jobDays: 35 })
    expect(await countOf(world.db, 'job')).toBe(0)
    expect(await countOf(world.db, 'credit_reference')).toBe(1)
    expect(await accept({ amount: '9' })).not.toEqual(dead)
    expect(await accept({ reference: 'ticket-2' })).toEqual(done)
  })
})

describe('a failed job that is taken up again', () => {
  test('has its reference back, and its credit is recorded once', async () => {
    const first = await accept()
    await fail(first)
    expect(await retry(first.jobId)).toMatchObject({
      status: 'queued',
      attempts: 0,
      error_code: null,
      finished_at: null,
    })
    expect(await accept()).toEqual(first)
    expect(await refusalOf(retry(first.jobId))).toBe('job_not_failed')
    await record(first)
    expect(await refusalOf(retry(first.jobId))).toBe('job_not_failed')
    expect(await countOf(world.db, 'credit')).toBe(1)
    await world.expectReconciled()
  })

  test('is refused once another job has its reference, and says which; it has it again when that one failed', async () => {
    const first = await accept()
    await fail(first)
    const second = await accept({ amount: '7' })
    const refused = await retry(first.jobId).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'reference_taken', message: expect.stringContaining(second.jobId) })
    expect(await statusOf(first)).toBe('failed')
    await fail(second)
    await retry(first.jobId)
    expect(await refusalOf(retry(second.jobId))).toBe('reference_taken')
    expect(await accept()).toEqual(first)
  })

  test('while its reference is being taken, many times: one of the two is carried out', async () => {
    for (let time = 0; time < 10; time += 1) {
      const reference = `raced-${time}`
      const first = await accept({ reference })
      await fail(first)
      const [retried, repeated] = await Promise.all([refusalOf(retry(first.jobId)), accept({ reference })])
      expect([undefined, 'reference_taken']).toContain(retried)
      expect(repeated.jobId === first.jobId).toBe(retried === undefined)
      expect(await countOf(world.db, 'job', "status = 'queued'")).toBe(time + 1)
    }
  })

  test('is not forgotten, though that was about to be', async () => {
    const first = await accept()
    await fail(first)
    await world.asOwner((client) => client.query("update job set finished_at = '2020-01-03'"))
    let forgetting: Promise<void> | undefined
    await whileOwner(world, `select from job where id = '${first.jobId}' for update`, async (client) => {
      forgetting = deleteExpired(world.db, { idempotencyHours: 24, jobDays: 35 })
      await new Promise((resolve) => setTimeout(resolve, 300))
      await client.query("update job set status = 'queued', finished_at = null, error_code = null")
      await client.query('commit')
    })
    await forgetting
    expect(await statusOf(first)).toBe('queued')
  })

  test('unknown: it is not there', async () => {
    expect(await refusalOf(retry('019ac0de-0000-7000-8000-0000000000ff'))).toBe('job_not_found')
  })
})

describe('a failed reversal that is taken up again', () => {
  test('is refused while another of the same credit is under way, also when both are asked for at once', async () => {
    account = await world.account({ charges: ['10'], credits: [{ amount: '5', automatic: false }] })
    const creditId = account.credits[0] as string
    await world.billRun()
    const ask = () => inTransaction(world.db, (tx) => acceptReversal(tx, creditId, {}, world.actor))
    const first = await ask()
    await fail(first)
    const second = await ask()
    const refused = await retry(first.jobId).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'reversal_under_way', message: expect.stringContaining(second.jobId) })
    await fail(second)

    for (let time = 0; time < 10; time += 1) {
      const outcomes = await Promise.all([
        refusalOf(retry(first.jobId)),
        refusalOf(retry(second.jobId)),
        ask().then(({ jobId }) => jobId),
      ])
      const queued = await world.db.selectFrom('job').select('id').where('status', '=', 'queued').execute()
      expect(queued).toHaveLength(1)
      // Whoever asks is told of the one that is under way, also when it is the older.
      expect(outcomes[2]).toBe(queued[0]?.id)
      for (const outcome of outcomes.slice(0, 2)) expect([undefined, 'reversal_under_way']).toContain(outcome)
      await fail({ jobId: queued[0]?.id as string, creditId })
    }
  })
})
