import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SERVICE_ROLE } from '../../src/db/service-login.ts'
import { openWorld, type TestAccount, type World } from '../support/world.ts'

let world: World
/** Two accounts, each with an invoice, a billed charge, a manual credit issued and partly disbursed, and a credit and a charge that are pending. */
let ids: Readonly<Record<string, string | number>>

beforeAll(async () => {
  world = await openWorld()
  const accounts = await Promise.all(
    [1, 2].map(() => world.account({ charges: ['140'], credits: [{ amount: '50', automatic: false }] })),
  )
  const run = await world.billRun()
  const named = await Promise.all(accounts.map(nameAll))
  const [batch] = await world.db.selectFrom('bill_batch').select('id').where('bill_run_id', '=', run).execute()
  ids = Object.assign({ run, batch: batch?.id }, ...named.map((one, index) => suffixed(one, index + 1)))
})
afterAll(() => world.close())

async function nameAll(account: TestAccount): Promise<Record<string, string | number>> {
  const [credit, charge] = [account.credits[0] as string, account.charges[0] as string]
  const [invoice] = await world.invoicesOf(account)
  const disbursement = await world.disburse(credit, invoice?.id as string, '20')
  const pendingCredit = await world.credit(account, '7', { automatic: true })
  const pendingCharge = await world.charge(account, '9')
  return {
    account: account.id,
    credit,
    charge,
    invoice: invoice?.id as string,
    disbursement,
    pendingCredit,
    pendingCharge,
  }
}

const suffixed = (names: Record<string, string | number>, suffix: number) =>
  Object.fromEntries(Object.entries(names).map(([name, id]) => [`${name}${suffix}`, id]))

/** A statement with `:name` in place of ids. Text and dates have no colons of their own here, but for casts. */
const fill = (statement: string) =>
  statement.replaceAll(/(?<!:):([a-zA-Z]+\d?)/g, (_, name: string) => {
    const id = ids[name]
    if (id === undefined) throw new Error(`there is no ${name}`)
    return typeof id === 'number' ? String(id) : `'${id}'`
  })

/** The SQLSTATE and the constraint that refuse statements, at the latest at their COMMIT. Nothing of them stays, whatever came of it. */
async function refusedAs(client: pg.Client, role: string | undefined, statements: string): Promise<string | undefined> {
  await client.query('begin')
  try {
    if (role) await client.query(`set local role ${role}`)
    await client.query(fill(statements))
    await client.query('set constraints all immediate')
    return undefined
  } catch (error) {
    const { code, constraint, message } = error as { code: string; constraint?: string; message: string }
    return [code, constraint ?? message].join(' ')
  } finally {
    await client.query('rollback')
  }
}

const refused = (statements: string, role?: string) => world.asOwner((client) => refusedAs(client, role, statements))

const PRIVILEGE = /^42501 permission denied/
const APPEND_ONLY = /^23001 .*is append-only/

describe('entries are neither edited nor deleted', () => {
  const statements: readonly [string][] = [
    [`update disbursement set amount = 1 where id = :disbursement1`],
    [`delete from disbursement where id = :disbursement1`],
    [`delete from invoice where id = :invoice1`],
    [`delete from credit where id = :pendingCredit1`],
    [`delete from charge where id = :pendingCharge1`],
    [`delete from account where id = :account1`],
    [`truncate disbursement`],
    [`truncate invoice cascade`],
    [`truncate credit cascade`],
    [`truncate charge cascade`],
    [`truncate account cascade`],
  ]

  test.each(statements)('the service has no right to: %s', async (statement) => {
    expect(await refused(statement, SERVICE_ROLE)).toMatch(PRIVILEGE)
  })

  test.each(statements)('a trigger refuses even the owner: %s', async (statement) => {
    expect(await refused(statement)).toMatch(APPEND_ONLY)
  })

  test('not even a statement that would touch no row', async () => {
    expect(await refused('delete from disbursement where false')).toMatch(APPEND_ONLY)
  })
})

describe('a charge stands on one invoice for ever', () => {
  const WRITTEN_ONCE = /^23001 .*invoice_id is written once/
  test.each([
    ['taken off it', 'update charge set invoice_id = null where id = :charge1'],
    [
      'moved to another',
      `update charge set invoice_id = (select id from invoice where id <> charge.invoice_id limit 1) where id = :charge1`,
    ],
  ])('it is not %s', async (_, statement) => {
    expect(await refused(statement, SERVICE_ROLE)).toMatch(WRITTEN_ONCE)
    expect(await refused(statement)).toMatch(WRITTEN_ONCE)
  })
})

describe('the service has no right to change what never changes', () => {
  test.each([
    [`update invoice set total = 1 where id = :invoice1`],
    [`update invoice set total_charge = 1 where id = :invoice1`],
    [`update invoice set number = 99 where id = :invoice1`],
    [`update invoice set due_on = '2030-01-01' where id = :invoice1`],
    [`update invoice set account_id = :account2 where id = :invoice1`],
    [`update charge set amount = 1 where id = :charge1`],
    [`update charge set charged_on = '2030-01-01' where id = :charge1`],
    [`update credit set amount = 1 where id = :credit1`],
    [`update credit set automatic_disbursement = true where id = :credit1`],
    [`update credit set account_id = :account2 where id = :credit1`],
    [`update account set currency = 'EUR' where id = :account1`],
    [`update account set key = 'other' where id = :account1`],
    [`update bill_run set bill_date = '2030-01-01' where id = :run`],
    [`update bill_batch_total set invoices = 0`],
    [`delete from bill_run`],
    [`delete from bill_batch`],
    [`update audit_entry set action = 'nothing'`],
    [`delete from audit_entry`],
    [`insert into invoice_counter values (false, 7)`],
    [`insert into schema_migration values ('9999', 'now')`],
    [`delete from schema_migration`],
    [`alter table invoice disable trigger all`],
    [`drop table invoice`],
    [`create table of_ones_own (id integer)`],
  ])('%s', async (statement) => {
    expect(await refused(statement, SERVICE_ROLE)).toMatch(/^42501 /)
  })
})

/** An invoice, but for what is given: its columns in the order below. */
function insertInvoice(
  given: Partial<Record<'account' | 'number' | 'run' | 'charged' | 'total' | 'balance' | 'due', string>>,
): string {
  const {
    account = ':account1',
    number = '1000',
    run = 'gen_random_uuid()',
    charged = '10',
    total = '10',
    balance = '10',
    due = '2026-03-01',
  } = given
  const [prepare, runId] =
    run === 'gen_random_uuid()'
      ? [
          `insert into bill_run (id, bill_group, bill_date) values ('00000000-0000-4000-8000-000000000001', 'g', '2026-01-31');`,
          `'00000000-0000-4000-8000-000000000001'`,
        ]
      : ['', run]
  return `${prepare}
    insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance, transaction_count)
    values (gen_random_uuid(), ${account}, ${number}, ${runId}, '2026-01-31', '${due}', ${charged}, ${total}, ${balance}, 1)`
}

const insertCharge = (amount: string) =>
  `insert into charge (id, account_id, amount, description, charged_on) values (gen_random_uuid(), :account1, ${amount}, 'c', '2026-01-01')`

const insertCredit = (amount: string, more = '', values = '') =>
  `insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at${more})
   values (gen_random_uuid(), :account1, ${amount}, 'r', true, now()${values})`

const insertDisbursement = (credit: string, invoice: string, account: string, amount = '1') =>
  `insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic)
   values (gen_random_uuid(), ${credit}, ${invoice}, ${account}, ${amount}, false)`

/** Some are refused to the service for want of a right; all of them to the owner, by a constraint of this name or this SQLSTATE. */
describe('what would break a rule', () => {
  test.each<[string, string, string]>([
    ['a balance below zero', `update invoice set balance = -0.01 where id = :invoice1`, '23514 invoice_check'],
    [
      'a balance above the total',
      `update invoice set balance = total + 0.01 where id = :invoice1`,
      '23514 invoice_check',
    ],
    ['a new invoice with a balance below zero', insertInvoice({ balance: '-1' }), '23514 invoice_check'],
    ['a new invoice with a balance above its total', insertInvoice({ balance: '10.01' }), '23514 invoice_check'],
    [
      'a total below the total charge',
      insertInvoice({ charged: '10', total: '9', balance: '9' }),
      '23514 invoice_check',
    ],
    [
      'a total charge below zero',
      insertInvoice({ charged: '-1', total: '0', balance: '0' }),
      '23514 invoice_total_charge_check',
    ],
    ['a due date before the issue', insertInvoice({ due: '2026-01-30' }), '23514 invoice_check'],
    [
      'a second invoice for a run and an account',
      insertInvoice({ run: ':run' }),
      '23505 invoice_bill_run_id_account_id_key',
    ],
    ['a number twice', insertInvoice({ number: '1' }), '23505 invoice_number_key'],
    ['an invoice of nobody', insertInvoice({ account: '987654321' }), '23503 invoice_account_id_fkey'],
    [
      'an invoice of no run',
      insertInvoice({ run: `'00000000-0000-4000-8000-00000000dead'` }),
      '23503 invoice_bill_run_id_fkey',
    ],

    [
      'more disbursed than the amount',
      `update credit set disbursed = amount + 0.01 where id = :credit1`,
      '23514 credit_check',
    ],
    ['less than nothing disbursed', `update credit set disbursed = -0.01 where id = :credit1`, '23514 credit_check'],
    ['disbursed while pending', `update credit set disbursed = 1 where id = :pendingCredit1`, '23514 credit_check'],
    [
      'issued without an invoice',
      `update credit set status = 'issued' where id = :pendingCredit1`,
      '23514 credit_check',
    ],
    [
      'to be reversed without an invoice',
      `update credit set status = 'reversal_pending' where id = :pendingCredit1`,
      '23514 credit_check',
    ],
    ['pending with an invoice', `update credit set status = 'pending' where id = :credit1`, '23514 credit_check'],
    ['deleted with an invoice', `update credit set status = 'deleted' where id = :credit1`, '23514 credit_check'],
    [
      'an invoice while pending',
      `update credit set invoice_id = :invoice1 where id = :pendingCredit1`,
      '23514 credit_check',
    ],
    [
      'reversed on no invoice',
      `update credit set status = 'reversed', disbursed = amount where id = :credit1`,
      '23514 credit_check',
    ],
    [
      'reversed with something left',
      `update credit set status = 'reversed', reversed_on_invoice_id = :invoice1 where id = :credit1`,
      '23514 credit_check',
    ],
    [
      'issued and on a reversing invoice',
      `update credit set reversed_on_invoice_id = :invoice1 where id = :credit1`,
      '23514 credit_check',
    ],
    [
      "attached to another account's invoice",
      `update credit set status = 'issued', invoice_id = :invoice2 where id = :pendingCredit1`,
      '23503 credit_invoice_id_account_id_fkey',
    ],
    [
      "reversed on another account's invoice",
      `update credit set status = 'reversal_pending' where id = :credit1;
       update credit set status = 'reversed', disbursed = amount, reversed_on_invoice_id = :invoice2 where id = :credit1`,
      '23503 credit_reversed_on_invoice_id_account_id_fkey',
    ],
    [
      'attached to an invoice that is not there',
      `update credit set status = 'issued', invoice_id = gen_random_uuid() where id = :pendingCredit1`,
      '23503 credit_invoice_id_account_id_fkey',
    ],

    ['a charge of nothing', insertCharge('0'), '23514 charge_amount_check'],
    ['a charge below zero', insertCharge('-5'), '23514 charge_amount_check'],
    ['a credit of nothing', insertCredit('0'), '23514 credit_amount_check'],
    ['a credit below zero', insertCredit('-5'), '23514 credit_'],
    ['a charge that is no number', insertCharge(`'NaN'`), '23514 charge_'],
    ['a credit that is no number', insertCredit(`'NaN'`), '23514 credit_'],
    ['a charge without end', insertCharge(`'Infinity'`), '23514 charge_'],
    ['a credit that is born issued', insertCredit('5', ', status', `, 'issued'`), '23514 credit_check'],

    [
      "another account's charge on an invoice",
      `update charge set invoice_id = :invoice1 where id = :pendingCharge2`,
      '23503 charge_invoice_id_account_id_fkey',
    ],
    [
      'a charge on an invoice that is not there',
      `update charge set invoice_id = gen_random_uuid() where id = :pendingCharge1`,
      '23503 charge_invoice_id_account_id_fkey',
    ],
    [
      'an invoice without lines',
      `update invoice set transaction_count = 0 where id = :invoice1`,
      '23514 invoice_transaction_count_check',
    ],

    [
      'a disbursement of nothing',
      insertDisbursement(':credit1', ':invoice1', ':account1', '0'),
      '23514 disbursement_amount_check',
    ],
    [
      'one below zero',
      insertDisbursement(':credit1', ':invoice1', ':account1', '-1'),
      '23514 disbursement_amount_check',
    ],
    [
      "one to another account's invoice",
      insertDisbursement(':credit1', ':invoice2', ':account1'),
      '23503 disbursement_invoice_id_account_id_fkey',
    ],
    [
      "one of another account's credit",
      insertDisbursement(':credit2', ':invoice1', ':account1'),
      '23503 disbursement_credit_id_account_id_fkey',
    ],
    ['one that names a third account', insertDisbursement(':credit1', ':invoice1', ':account2'), '23503 disbursement_'],

    ['a second counter', `insert into invoice_counter values (false, 7)`, '23514 invoice_counter_singleton_check'],
    [
      'a batch that is done and does not add up',
      `update bill_batch set billed = billed + 1 where id = :batch`,
      '23514 bill_batch_check',
    ],
    [
      'a failure without a reason',
      `update bill_batch set status = 'failed' where id = :batch`,
      '23514 bill_batch_check',
    ],
    [
      'a run that has ended and has not',
      `update bill_run set status = 'running' where id = :run`,
      '23514 bill_run_check',
    ],
    [
      'a run of a group and of named accounts',
      `insert into bill_run (id, bill_group, account_ids, bill_date) values (gen_random_uuid(), 'g', '{1}', '2026-01-31')`,
      '23514 bill_run_check',
    ],
    [
      'an account in a currency that is none',
      `insert into account (key, name, currency) values ('k', 'n', 'usd')`,
      '23514 account_currency_check',
    ],
    [
      'an account with a key that is none',
      `insert into account (key, name, currency) values ('a b', 'n', 'USD')`,
      '23514 account_key_check',
    ],
    [
      'two accounts of one key',
      `insert into account (key, name, currency) values ('account-1', 'n', 'USD')`,
      '23505 account_key_key',
    ],
  ])('%s', async (_, statements, refusal) => {
    expect(await refused(statements)).toContain(refusal)
    expect(await refused(statements, SERVICE_ROLE)).toMatch(/^(23|42501)/)
  })

  test('none of which has changed anything', () => world.expectReconciled())
})

test('the service can do what it has to', async () => {
  expect(await refused(`update invoice set balance = balance - 1 where id = :invoice1`, SERVICE_ROLE)).toBeUndefined()
  expect(await refused(`update credit set disbursed = disbursed + 1 where id = :credit1`, SERVICE_ROLE)).toBeUndefined()
  expect(await refused(insertDisbursement(':credit1', ':invoice1', ':account1'), SERVICE_ROLE)).toBeUndefined()
  expect(await refused(insertInvoice({}), SERVICE_ROLE)).toBeUndefined()
})
