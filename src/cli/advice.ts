/** What to do about a refusal, by its code, where the service's own words do not say it. */
const ADVICE: Readonly<Record<string, string>> = {
  api_key_missing: 'run nightbill login, or set NIGHTBILL_API_KEY',
  unauthenticated: 'run nightbill login with a key that is in force; nightbill key create makes one',
  missing_scope: 'nightbill whoami says what the key may do',
  service_unreachable:
    'start it with npm start, or name another by --url or NIGHTBILL_URL; nightbill doctor looks closer',
  unexpected_answer: 'is --url or NIGHTBILL_URL the address of the service?',
  account_not_found: 'nightbill account list shows those that there are',
  credit_not_found: 'nightbill credit list shows those that there are',
  invoice_not_found: 'nightbill invoice list shows those that there are',
  job_not_found: 'it is kept for some days only',
  bill_run_not_found: 'nightbill bill-run list shows those that there are',
  schedule_not_found: 'nightbill schedule list shows those that there are',
  credit_already_issued: 'reverse it: nightbill credit reverse',
  disbursement_repeated: 'if it is meant, add --confirm',
  bill_date_too_far: 'if it is meant, add --allow-future',
  database_away: 'it is tried again on its side; repeat the command in a moment',
}

export function adviceOn(code: string): string | undefined {
  return ADVICE[code]
}
