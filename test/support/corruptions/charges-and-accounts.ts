import { type Corruption, charge, copy, credit, disbursement, LINE, SUMS } from './corruption.ts'

const CHARGE = 'id, account_id, amount, description, charged_on, reference, billed, created_at'

/** Of charges, and of accounts. */
export const CHARGE_AND_ACCOUNT_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a charge billed on nothing',
    statements: `update charge set billed = true where id = ${charge(false)}`,
    rules: ['billed_charges', 'conservation'],
    possible: SUMS,
  },
  {
    what: 'a charge on an invoice, and pending',
    statements: `update charge set billed = false where id = ${charge(true)}`,
    rules: ['billed_charges', 'conservation'],
  },
  {
    what: 'a charge billed twice',
    statements: copy(
      'invoice_transaction',
      LINE,
      'invoice_id, account_id, 99, type, amount, charge_id, credit_id',
      `charge_id = ${charge(true)}`,
    ),
    rules: ['invoice_totals', 'billed_charges'],
  },
  {
    what: 'a charge changed after it was billed',
    statements: `update charge set amount = amount + 1 where id = ${charge(true)}`,
    rules: ['billed_charges', 'conservation', 'recorded_charges'],
  },
  {
    what: 'a charge lost after it was billed',
    statements: `delete from charge where id = ${charge(true)}`,
    rules: ['conservation', 'recorded_charges'],
  },
  {
    what: 'a charge that changed hands',
    statements: `update charge set account_id = (select max(id) from account) where id = ${charge(true)}`,
    rules: ['conservation', 'one_account_one_currency', 'recorded_charges'],
  },
  {
    what: 'a pending charge gone',
    statements: `delete from charge where id = ${charge(false)}`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a pending charge of another amount',
    statements: `update charge set amount = amount - 1 where id = ${charge(false)}`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a pending charge that changed hands',
    statements: `update charge set account_id = (select max(id) from account) where id = ${charge(false)}`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a pending charge for something else',
    statements: `update charge set description = 'else' where id = ${charge(false)}`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a pending charge put off',
    statements: `update charge set charged_on = '2199-12-31' where id = ${charge(false)}`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a pending charge in the place of another',
    statements: `${copy('charge', CHARGE, 'gen_random_uuid(), account_id, amount, description, charged_on, reference, billed, created_at', `id = ${charge(false)}`)};
      delete from charge where id = (select min(id::text)::uuid from charge where not billed)`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a charge that nobody recorded',
    statements: `set local session_replication_role = replica;
      ${copy('charge', CHARGE, "gen_random_uuid(), account_id, amount, description, charged_on, null, false, created_at - interval '1 day'", `id = ${charge(false)}`)}`,
    rules: ['recorded_charges'],
  },
  {
    what: 'the record of a charge gone',
    statements: 'delete from charge_recording where id = (select min(id) from charge_recording)',
    rules: ['recorded_charges'],
  },

  {
    what: 'an account whose currency changed',
    statements: "update account set currency = 'CHF' where id = (select min(id) from account)",
    rules: ['bill_run_counts', 'accounts_as_opened'],
  },
  {
    what: 'the currency changed of an account with nothing on an invoice',
    statements: "update account set currency = 'GBP' where currency = 'EUR'",
    rules: ['accounts_as_opened'],
  },
  {
    what: 'an account with another key',
    statements: "update account set key = 'other' where currency = 'EUR'",
    rules: ['accounts_as_opened'],
  },
  { what: 'an account gone', statements: "delete from account where currency = 'EUR'", rules: ['accounts_as_opened'] },
  {
    what: 'a currency that is none',
    statements: "update account set currency = 'XXQ' where currency = 'EUR'",
    rules: ['decimals', 'accounts_as_opened'],
  },
  {
    what: 'a pending charge of more decimals than its currency has',
    statements: `update charge set amount = amount + 0.001 where id = ${charge(false)}`,
    rules: ['decimals', 'recorded_charges'],
  },
  {
    what: 'a credit of more decimals than its currency has',
    statements: `update credit set amount = amount + 0.0001 where id = ${credit('pending')}`,
    rules: ['decimals', 'accepted_jobs'],
  },
  {
    what: 'a disbursement of more decimals, with sums that agree',
    statements: `update disbursement set amount = amount - 0.0001 where id = ${disbursement(false)};
      update credit set disbursed = disbursed - 0.0001 where id = (select credit_id from disbursement where id = ${disbursement(false)});
      update invoice set balance = balance + 0.0001 where id = (select invoice_id from disbursement where id = ${disbursement(false)})`,
    rules: ['decimals', 'manual_disbursements'],
  },
  {
    what: 'a yen with a decimal',
    statements: `update invoice set balance = balance - 0.5 where id = (select i.id from invoice i join account a on a.id = i.account_id where currency = 'JPY' order by number limit 1)`,
    rules: ['decimals', 'invoice_totals'],
    possible: SUMS,
  },
]
