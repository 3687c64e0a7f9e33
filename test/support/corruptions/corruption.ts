/** Something that must not be, made by SQL in the database of books.ts. */
export type Corruption = {
  readonly what: string
  readonly statements: string
  /** The rules that `reconcile` finds broken, some of others perhaps. */
  readonly rules: readonly string[]
  /** Why the service's own login can do it, if it can: everything else is refused to it. */
  readonly possible?: string
}

/** The first of each kind, in an order that is the same each time. */
export const credit = (status: string) => `(select id from credit where status = '${status}' order by id limit 1)`
export const charge = (billed: boolean) =>
  `(select id from charge where invoice_id is ${billed ? 'not ' : ''}null order by id limit 1)`
export const invoice = '(select id from invoice order by number limit 1)'
export const disbursement = (automatic: boolean) =>
  `(select id from disbursement where ${automatic ? '' : 'not '}automatic order by id limit 1)`
/** The batch that made the first invoice. */
export const batchOfInvoice = `(select b.id from bill_batch b join invoice i on i.bill_run_id = b.bill_run_id and i.account_id = any(b.account_ids)
  where i.id = ${invoice})`
/** The first run, of a group, and the last, of a named account. */
export const firstRun = '(select bill_run_id from invoice order by number limit 1)'
export const lastRun = '(select bill_run_id from invoice order by number desc limit 1)'

/** Inserts rows of a table again, with these values. */
export const copy = (table: string, columns: string, values: string, where: string) =>
  `insert into ${table} (${columns}) select ${values} from ${table} where ${where}`

export const INVOICE =
  'id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance, transaction_count'
export const DISBURSEMENT = 'id, credit_id, invoice_id, account_id, amount, automatic, created_at'

/** Why the service can write sums and entries that do not add up. */
export const SUMS =
  'it writes sums and entries, and to prove each against all others would cost every bill run: reconcile sees it'
