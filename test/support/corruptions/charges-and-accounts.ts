import { type Corruption, charge, copy, credit, disbursement, SUMS } from './corruption.ts'

const CHARGE = 'id, account_id, amount, description, charged_on, reference, invoice_id, created_at'

/** Of charges, and of accounts. */
export const CHARGE_AND_ACCOUNT_CORRUPTIONS: readonly Corruption[] = [
  {
    what: 'a charge billed on an invoice that is not there',
    statements: `update charge set invoice_id = gen_random_uuid() where id = ${charge(false)}`,
    rules: ['billed_charges', 'entries_of_invoices', 'conservation'],
  },
  {
    what: 'a charge that was billed, and is pending again',
    statements: `update charge set invoice_id = null where id = ${charge(true)}`,
    rules: ['invoice_totals', 'conservation'],
  },
  {
    what: 'a charge moved from its invoice to another of the account',
    statements: `update charge set invoice_id = other.id from invoice other
      where charge.id = (select c.id from charge c where invoice_id is not null and exists (
          select from invoice where account_id = c.account_id and id <> c.invoice_id) order by id limit 1)
        and other.account_id = charge.account_id and other.id <> charge.invoice_id`,
    rules: ['invoice_totals'],
  },
  {
    what: 'a charge changed after it was billed',
    statements: `update charge set amount = amount + 1 where id = ${charge(true)}`,
    rules: ['invoice_totals', 'conservation', 'recorded_charges'],
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
    statements: `${copy('charge', CHARGE, 'gen_random_uuid(), account_id, amount, description, charged_on, reference, invoice_id, created_at', `id = ${charge(false)}`)};
      delete from charge where id = (select min(id::text)::uuid from charge where invoice_id is null)`,
    rules: ['recorded_charges'],
  },
  {
    what: 'a charge that nobody recorded',
    statements: `set local session_replication_role = replica;
      ${copy('charge', CHARGE, "gen_random_uuid(), account_id, amount, description, charged_on, null, null, created_at - interval '1 day'", `id = ${charge(false)}`)}`,
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
