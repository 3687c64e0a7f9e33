/** What came of a run, in figures and sums of hashes by their names. Two are the same when those that both have are. */
export type Outcome = Readonly<Record<string, string>>

/** A database with work to do, to be cloned for each contestant that does it. */
export type Work = {
  /** The database's name. */
  readonly template: string
  /** The connection string of the server, as the version that does this work logs in to it. */
  readonly loginUrl: string
  /** Gives what came of the work in a clone. Throws when its books do not balance. */
  readonly prove: (databaseUrl: string, contestant: string) => Promise<Outcome>
}

/** How much there is to do. */
export type WorkSize = {
  /** In the bill group `default`; their internal ids are 1 to this. */
  readonly accounts: number
  /** In the bill group `warm-up`, with the ids behind: every contestant bills them before its clock starts. */
  readonly warmUpAccounts: number
  /** Pending, of each account of `default`; the others have three at most. */
  readonly charges: number
  /** Months before in which every account was billed, and has paid. */
  readonly history: number
}

/** The date of the bill run that is measured. */
export const BILL_DATE = '2026-11-30'

/** The key of an account by its internal id. */
export const accountKey = (id: number) => `account-${String(id).padStart(7, '0')}`
