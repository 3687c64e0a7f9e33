import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { reconcile } from '../../src/ledger/reconcile.ts'
import { countOf, openWorld, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
  await fill()
})
afterEach(() => world.close())

/** Something of everything: every status of a credit, every kind of entry, three currencies, three bill runs. */
async function fill(): Promise<void> {
  const accounts = await world.accounts(
    ['USD', 'USD', 'JPY', 'KWD'].map((currency) => ({
      currency,
      charges: ['100', '40'],
      credits: [
        { amount: '50', automatic: false },
        { amount: '30', automatic: true },
        { amount: '7', automatic: false },
        { amount: '5', automatic: false },
        { amount: '3', automatic: true },
      ],
    })),
  )
  for (const { credits } of accounts) await world.deleteCredit(credits[4] as string)
  await world.billRun({ batchSize: 2 })
  for (const account of accounts) {
    const [manual, automatic, cancelled, pending] = account.credits as readonly [string, string, string, string]
    const [invoice] = await world.invoicesOf(account)
    await world.disburse(manual, invoice?.id as string, '20')
    for (const credit of [manual, automatic, cancelled]) await world.requestReversal(credit)
    await world.cancelReversal(cancelled)
    await world.charge(account, '9')
    await world.billRun({ accounts: [account], billDate: '2026-02-28' })
    await world.requestReversal(pending)
    await world.credit(account, '11', { automatic: true })
    await world.charge(account, '13')
  }
}

const redRules = async () => {
  const { ok, checks } = await reconcile(world.db)
  const red = checks.filter(({ violations }) => violations > 0)
  expect(ok).toBe(red.length === 0)
  for (const { violations, examples } of red) {
    expect(examples.length).toBeGreaterThan(0)
    expect(violations).toBeGreaterThanOrEqual(examples.length)
  }
  return red.map(({ name }) => name)
}

/** Statements as somebody who has switched off every trigger and every check that stands in the way. */
const breakIt = (statements: string) =>
  world.asOwner(async (client) => {
    await client.query('set session_replication_role = replica')
    await client.query(`
      do $$
      declare one record;
      begin
        for one in select conrelid::regclass as at, conname from pg_constraint
          where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'f') and conrelid <> 0
          order by contype = 'u'
        loop execute format('alter table %s drop constraint %I', one.at, one.conname); end loop;
      end $$;
      drop index invoice_transaction_charge, invoice_transaction_credit;`)
    expect(await redRules()).toEqual([])
    await client.query(statements)
  })

/** The first of each kind, in an order that is the same each time. */
const CREDIT = (status: string) => `(select id from credit where status = '${status}' order by id limit 1)`
const INVOICE = '(select id from invoice order by number limit 1)'
const DISBURSEMENT = '(select id from disbursement order by id limit 1)'
const CHARGE = (billed: boolean) => `(select id from charge where ${billed ? '' : 'not '}billed order by id limit 1)`
const COPY = (table: string, columns: string, values: string, of: string) =>
  `insert into ${table} (${columns}) select ${values} from ${table} where ${of}`
const TRANSACTION = 'invoice_id, account_id, position, type, amount, charge_id, credit_id'
const INVOICE_ROW = 'id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance'

const BREAKAGES: readonly (readonly [what: string, statements: string, rules: readonly string[]])[] = [
  [
    'a balance too high',
    `update invoice set balance = balance + 0.01 where id = ${INVOICE}`,
    ['invoice_totals', 'conservation'],
  ],
  ['a balance below zero', `update invoice set balance = -1 where id = ${INVOICE}`, ['invoice_totals', 'conservation']],
  ['a total too low', `update invoice set total = total - 1 where id = ${INVOICE}`, ['invoice_totals']],
  [
    'a total charge too high',
    `update invoice set total_charge = total_charge + 1 where id = ${INVOICE}`,
    ['invoice_totals', 'bill_run_counts'],
  ],
  [
    "a charge's sign flipped where it stands",
    `update invoice_transaction set amount = -amount where type = 'charge' and invoice_id = ${INVOICE}`,
    ['invoice_totals', 'billed_charges'],
  ],
  ['a disbursement lost', `delete from disbursement where id = ${DISBURSEMENT}`, ['invoice_totals', 'credit_left']],
  [
    'a disbursement twice',
    COPY(
      'disbursement',
      'id, credit_id, invoice_id, account_id, amount, automatic',
      'gen_random_uuid(), credit_id, invoice_id, account_id, amount, automatic',
      `id = ${DISBURSEMENT}`,
    ),
    ['invoice_totals', 'credit_left'],
  ],
  [
    'an invoice of nothing but air',
    `${COPY('invoice', INVOICE_ROW, `gen_random_uuid(), account_id, (select max(number) + 1 from invoice), gen_random_uuid(), issued_on, due_on, 0, 0, 0`, `id = ${INVOICE}`)};
     update invoice_counter set last_number = last_number + 1`,
    ['invoice_totals', 'bill_run_counts'],
  ],

  [
    'more disbursed of a credit than there is',
    `update credit set disbursed = amount + 1 where id = ${CREDIT('issued')}`,
    ['credit_left', 'conservation'],
  ],
  [
    'less disbursed than was',
    `update credit set disbursed = 0 where id = ${CREDIT('reversed')}`,
    ['credit_left', 'credit_status'],
  ],
  ['disbursed though pending', `update credit set disbursed = 1 where id = ${CREDIT('pending')}`, ['credit_left']],
  [
    "a pending credit's sign flipped",
    `update credit set amount = -amount where id = ${CREDIT('pending')}`,
    ['credit_left', 'accepted_jobs'],
  ],

  [
    'issued, and on no invoice',
    `update credit set status = 'issued', invoice_id = ${INVOICE} where id = ${CREDIT('pending')}`,
    ['credit_status'],
  ],
  [
    'pending, and on an invoice',
    `update credit set status = 'pending', invoice_id = null where id = ${CREDIT('issued')}`,
    ['credit_status'],
  ],
  [
    'deleted, and on an invoice',
    `update credit set status = 'deleted' where id = ${CREDIT('issued')}`,
    ['credit_status'],
  ],
  [
    'reversed, and on no invoice as such',
    `update credit set status = 'reversed' where id = ${CREDIT('reversal_pending')}`,
    ['credit_status'],
  ],
  [
    'no longer reversed, where it was',
    `update credit set status = 'issued', reversed_on_invoice_id = null where id = ${CREDIT('reversed')}`,
    ['credit_status', 'conservation'],
  ],
  [
    'attached to another invoice than it names',
    `update credit set invoice_id = (select max(id::text)::uuid from invoice where account_id = credit.account_id and id <> credit.invoice_id) where id = ${CREDIT('issued')}`,
    ['credit_status'],
  ],
  [
    'attached twice',
    COPY(
      'invoice_transaction',
      TRANSACTION,
      'invoice_id, account_id, 99, type, amount, charge_id, credit_id',
      `type = 'credit' and credit_id = ${CREDIT('issued')}`,
    ),
    ['credit_status'],
  ],
  [
    'reversed twice',
    COPY(
      'invoice_transaction',
      TRANSACTION,
      'invoice_id, account_id, 99, type, amount, charge_id, credit_id',
      `type = 'reversed_credit' and credit_id = ${CREDIT('reversed')}`,
    ),
    ['invoice_totals', 'credit_status'],
  ],
  [
    'attached with another amount',
    `update invoice_transaction set amount = amount + 1 where type = 'credit' and credit_id = ${CREDIT('issued')}`,
    ['credit_status'],
  ],

  [
    'a charge billed on nothing',
    `update charge set billed = true where id = ${CHARGE(false)}`,
    ['billed_charges', 'conservation'],
  ],
  [
    'a charge on an invoice, and pending',
    `update charge set billed = false where id = ${CHARGE(true)}`,
    ['billed_charges', 'conservation'],
  ],
  [
    'a charge billed twice',
    COPY(
      'invoice_transaction',
      TRANSACTION,
      'invoice_id, account_id, 99, type, amount, charge_id, credit_id',
      `charge_id = ${CHARGE(true)}`,
    ),
    ['invoice_totals', 'billed_charges'],
  ],
  [
    'a charge changed after it was billed',
    `update charge set amount = amount + 1 where id = ${CHARGE(true)}`,
    ['billed_charges', 'conservation'],
  ],
  ['a charge lost after it was billed', `delete from charge where id = ${CHARGE(true)}`, ['conservation']],

  [
    'a second invoice of a run for an account',
    `update invoice set bill_run_id = (select bill_run_id from invoice first where first.account_id = invoice.account_id order by number limit 1)
     where number = (select max(number) from invoice)`,
    ['one_invoice_a_run', 'bill_run_counts'],
  ],

  [
    'a gap in the numbers',
    `update invoice set number = number + 1 where number = (select max(number) from invoice)`,
    ['invoice_numbers'],
  ],
  ['a number twice', `update invoice set number = 1 where number = 2`, ['invoice_numbers']],
  [
    'numbers that begin at two',
    `update invoice set number = number + 1; update invoice_counter set last_number = last_number + 1`,
    ['invoice_numbers'],
  ],
  [
    'numbers that begin at nought, with a gap, as many as the counter says',
    'update invoice set number = 0 where number = 1',
    ['invoice_numbers'],
  ],
  ['a counter that ran ahead', `update invoice_counter set last_number = last_number + 1`, ['invoice_numbers']],
  ['a counter that fell behind', `update invoice_counter set last_number = last_number - 1`, ['invoice_numbers']],
  ['no counter at all', `delete from invoice_counter`, ['invoice_numbers']],

  [
    'money that nobody entered, with books that look right',
    `update invoice set total = total + 5, total_charge = total_charge + 5, balance = balance + 5 where id = ${INVOICE};
     update invoice_transaction set amount = amount + 5 where (invoice_id, position) = (${INVOICE}, 1);
     update bill_batch_total set charged = charged + 5 where (bill_run_id, currency) = (select bill_run_id, currency from invoice join account on account.id = account_id where invoice.id = ${INVOICE})
       and bill_batch_id = (select b.id from bill_batch b join invoice i on i.bill_run_id = b.bill_run_id and i.account_id = any(b.account_ids) where i.id = ${INVOICE})`,
    ['billed_charges', 'conservation'],
  ],

  [
    "an entry on another account's invoice",
    `update invoice_transaction set account_id = (select max(id) from account) where (invoice_id, position) = (${INVOICE}, 1)`,
    ['one_account_one_currency'],
  ],
  [
    'a charge that changed hands',
    `update charge set account_id = (select max(id) from account) where id = ${CHARGE(true)}`,
    ['conservation', 'one_account_one_currency'],
  ],
  [
    'a disbursement that names another account',
    `update disbursement set account_id = (select max(id) from account) where id = ${DISBURSEMENT}`,
    ['one_account_one_currency'],
  ],
  [
    "a disbursement moved to another account's invoice",
    `update disbursement set invoice_id = (select id from invoice order by number desc limit 1) where id = ${DISBURSEMENT}`,
    ['invoice_totals', 'one_account_one_currency'],
  ],

  ['an accepted credit lost', `delete from credit where id = ${CREDIT('pending')}`, ['accepted_jobs']],
  [
    'an accepted credit recorded at another amount',
    `update credit set amount = amount * 10 where id = ${CREDIT('pending')}`,
    ['accepted_jobs'],
  ],
  [
    'a credit recorded while its job is queued',
    `update job set status = 'queued', finished_at = null where type = 'credit' and credit_id = ${CREDIT('pending')}`,
    ['accepted_jobs'],
  ],
  [
    'a credit recorded though its job was refused',
    `update job set status = 'failed' where type = 'credit' and credit_id = ${CREDIT('deleted')}`,
    ['accepted_jobs'],
  ],

  [
    'a run that counted too many invoices',
    `update bill_batch_total set invoices = invoices + 1 where currency = 'JPY'`,
    ['bill_run_counts'],
  ],
  [
    'a run that counted too much',
    `update bill_batch_total set charged = charged + 0.001 where currency = 'KWD'`,
    ['bill_run_counts'],
  ],
  ['a run whose counts are lost', `delete from bill_batch_total where currency = 'JPY'`, ['bill_run_counts']],
  [
    'an account whose currency changed',
    `update account set currency = 'EUR' where id = (select min(id) from account)`,
    ['bill_run_counts'],
  ],
  [
    'a run that counted credits which it did not issue',
    `update bill_batch_total set credits_issued_count = credits_issued_count + 1`,
    ['bill_run_counts'],
  ],
  [
    'a run that counted them at another amount',
    `update bill_batch_total set credits_issued_amount = credits_issued_amount + 1`,
    ['bill_run_counts'],
  ],
  [
    'a run that counted reversals which it did not make',
    `update bill_batch_total set credits_reversed_count = credits_reversed_count + 1`,
    ['bill_run_counts'],
  ],
  [
    'a run that counted those at another amount',
    `update bill_batch_total set credits_reversed_amount = credits_reversed_amount + 1`,
    ['bill_run_counts'],
  ],
  [
    'a run that counted more disbursed than it did',
    `update bill_batch_total set disbursed = disbursed + 1 where currency = 'KWD'`,
    ['bill_run_counts'],
  ],
  [
    'a batch that counted an account as billed which has no invoice',
    `update bill_batch set account_ids = account_ids || 987654321::bigint, billed = billed + 1`,
    ['bill_run_counts'],
  ],
]

test('a world with everything in it is green', async () => {
  for (const status of ['pending', 'deleted', 'issued', 'reversal_pending', 'reversed']) {
    expect(await countOf(world.db, 'credit', `status = '${status}'`)).toBeGreaterThan(0)
  }
  for (const type of ['charge', 'credit', 'reversed_credit']) {
    expect(await countOf(world.db, 'invoice_transaction', `type = '${type}'`)).toBeGreaterThan(0)
  }
  expect(await countOf(world.db, 'disbursement', 'automatic')).toBeGreaterThan(0)
  expect(await countOf(world.db, 'disbursement', 'not automatic')).toBeGreaterThan(0)
  expect(await redRules()).toEqual([])
})

test('every rule has something below that breaks it', async () => {
  const { checks } = await reconcile(world.db)
  const broken = new Set(BREAKAGES.flatMap(([, , rules]) => rules))
  expect([...broken].sort()).toEqual(checks.map(({ name }) => name).sort())
})

test('it tells of each rule before it checks it, and says what each is', async () => {
  const told: string[] = []
  const { checks } = await reconcile(world.db, ({ name, index, of }) => told.push(`${index} of ${of}: ${name}`))
  expect(told).toEqual(checks.map(({ name }, index) => `${index} of ${checks.length}: ${name}`))
  for (const { description } of checks) expect(description).toMatch(/^[A-Z].{20}/)
})

describe('it goes red, and says so in words, at', () => {
  test.each(BREAKAGES)('%s', async (_, statements, rules) => {
    await breakIt(statements)
    expect(await redRules()).toEqual(expect.arrayContaining([...rules]))
  })
})
