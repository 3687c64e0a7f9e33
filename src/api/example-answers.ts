import { type Problem, problemOf, Refusal } from '../problems.ts'

const id = (last: string) => `019ac0de-0000-7000-8000-00000000000${last}`
const ID = { account: 'acme', credit: id('1'), invoice: id('2'), run: id('3'), charge: id('4'), job: id('5') } as const
const ENQUEUED_AT = '2026-11-12T09:30:00.000Z'
const BILLED_AT = '2026-11-30T02:00:04.512Z'

const charge = {
  chargeId: ID.charge,
  accountId: ID.account,
  amount: '140.00',
  currency: 'USD',
  description: 'Hosting, November',
  chargedOn: '2026-11-01',
  reference: 'inv-line-1',
  createdAt: ENQUEUED_AT,
}

const disbursement = {
  disbursementId: id('6'),
  creditId: ID.credit,
  creditReason: 'Goodwill for the outage',
  invoiceId: ID.invoice,
  invoiceNumber: 1,
  amount: '50.00',
  currency: 'USD',
  automatic: false,
  keyId: id('7'),
  keyName: 'operations',
  createdAt: '2026-12-01T10:15:00.000Z',
}

const credit = {
  creditId: ID.credit,
  accountId: ID.account,
  accountName: 'Acme Ltd',
  amount: '50.00',
  currency: 'USD',
  amountLeft: '0.00',
  status: 'issued',
  reason: 'Goodwill for the outage',
  note: null,
  reference: 'ticket-4711',
  automaticDisbursement: false,
  invoiceId: ID.invoice,
  invoiceNumber: 1,
  reversedOnInvoiceId: null,
  reversedOnInvoiceNumber: null,
  createdAt: ENQUEUED_AT,
}

const transactions = [
  { type: 'charge', amount: '140.00', currency: 'USD', description: charge.description, chargeId: ID.charge },
  {
    type: 'credit',
    amount: '50.00',
    currency: 'USD',
    description: `Credit: ${credit.reason}`,
    creditId: ID.credit,
    creditReason: credit.reason,
  },
]

const billed = { currency: 'USD', totalCharge: '140.00', total: '140.00', issuedOn: '2026-11-30', dueOn: '2026-12-30' }

const invoice = {
  invoiceId: ID.invoice,
  number: 1,
  accountId: ID.account,
  accountName: 'Acme Ltd',
  billRunId: ID.run,
  billRun: { name: 'November', schedule: null, billDate: '2026-11-30' },
  ...billed,
  balance: '90.00',
  status: 'unpaid',
  overdueDays: 0,
  transactions,
  transactionCount: 2,
  disbursements: [disbursement],
}

const refusal = (...[code, detail, errors]: ConstructorParameters<typeof Refusal>) =>
  problemOf(new Refusal(code, detail, errors))

/** One example of a refusal for each status. */
export const REFUSALS: Readonly<Record<number, Problem>> = {
  400: refusal('invalid_request', '/reason is missing', [{ pointer: '/reason', message: 'is missing' }]),
  401: refusal('unauthenticated', 'send an API key that is known and in force, as `Authorization: Bearer <key>`'),
  403: refusal('missing_scope', 'this needs a key with the scope operate; yours has enqueue, read'),
  404: refusal('credit_not_found', `there is no credit ${ID.credit}`),
  409: refusal('credit_not_issued', `credit ${ID.credit} is pending: delete it instead`),
  422: refusal('invalid_amount', 'the amount must have at most the 2 decimals of USD, and has 3', [
    { pointer: '/amount', message: 'must have at most the 2 decimals of USD, and has 3' },
  ]),
  429: refusal('too_many_requests', 'too many requests with this key: try again in 1 second'),
  503: refusal('database_away', 'the database cannot be reached; nothing was changed'),
}

const account = {
  accountId: ID.account,
  name: 'Acme Ltd',
  currency: 'USD',
  billGroup: 'default',
  paymentTermsDays: 30,
  balance: '90.00',
  creditLeft: '0.00',
  createdAt: ENQUEUED_AT,
}

const scheduleTimes = {
  cronInWords: 'Every day at 02:00',
  nextTimes: ['01', '02', '03', '04', '05'].map((day) => ({
    at: `2026-12-${day}T02:00:00.000Z`,
    billDate: `2026-12-${day}`,
    clockChange: null,
  })),
}

const request = {
  accountId: ID.account,
  accountName: 'Acme Ltd',
  creditId: ID.credit,
  amount: credit.amount,
  currency: credit.currency,
  reason: credit.reason,
  reference: credit.reference,
  automaticDisbursement: credit.automaticDisbursement,
}

const statementEntry = {
  at: BILLED_AT,
  date: '2026-11-30',
  kind: 'invoice',
  description: 'Invoice 1',
  reference: null,
  invoiceId: ID.invoice,
  invoiceNumber: 1,
  creditId: null,
  automatic: null,
  debit: '140.00',
  credit: '0.00',
  balance: '140.00',
  currency: 'USD',
  reversedCredits: [],
}

/** One example of each answer, for the OpenAPI document: the story of one credit, up to its disbursement. */
export const ANSWERS = {
  account,
  accountOverview: {
    ...account,
    pending: {
      charges: { count: 2, amount: '140.00', atLeast: false },
      credits: { count: 0, amount: '0.00', atLeast: false },
      reversals: { count: 1, amount: '50.00', atLeast: false },
    },
    nextRun: { schedule: 'nightly', at: '2026-12-01T02:00:00.000Z', billDate: '2026-12-01' },
  },
  statementEntry,
  statement: {
    accountId: ID.account,
    currency: 'USD',
    opening: '0.00',
    data: [
      statementEntry,
      {
        ...statementEntry,
        at: disbursement.createdAt,
        date: '2026-12-01',
        kind: 'disbursement',
        description: `${credit.reason}, to invoice 1`,
        reference: credit.reference,
        creditId: ID.credit,
        automatic: false,
        debit: '0.00',
        credit: '50.00',
        balance: '90.00',
      },
    ],
    nextCursor: null,
    debits: '140.00',
    credits: '50.00',
    closing: '90.00',
    proof: {
      owed: '90.00',
      charged: '140.00',
      reversed: '0.00',
      disbursed: '50.00',
      issued: '50.00',
      creditLeft: '0.00',
      conserved: true,
    },
  },
  charges: { charges: [charge] },
  listedCharge: { ...charge, status: 'billed', invoiceId: ID.invoice, invoiceNumber: 1 },
  billGroup: { billGroup: 'default', accounts: 12_304, atLeast: false },
  accepted: { jobId: ID.job, creditId: ID.credit, status: 'queued' },
  batch: {
    accepted: [{ index: 0, jobId: ID.job, creditId: ID.credit }],
    rejected: [
      {
        index: 1,
        problem: refusal('account_not_found', 'there is no account nobody'),
      },
    ],
  },
  job: {
    jobId: ID.job,
    type: 'credit',
    status: 'done',
    attempts: 1,
    error: null,
    trouble: null,
    result: { creditId: ID.credit },
    ...request,
    createdAt: ENQUEUED_AT,
    finishedAt: '2026-11-12T09:30:00.011Z',
  },
  retriedJob: {
    jobId: ID.job,
    type: 'credit',
    status: 'queued',
    attempts: 0,
    error: null,
    trouble: null,
    result: null,
    ...request,
    createdAt: ENQUEUED_AT,
    finishedAt: null,
  },
  jobFailureGroups: {
    data: [
      {
        code: 'database_refused',
        title: problemOf(new Refusal('database_refused', '')).title,
        count: 412,
        atLeast: false,
        example: 'a trigger of the site refused it',
        jobIds: [ID.job],
      },
    ],
  },
  retriedJobs: { retried: 412, refused: 0, more: false },
  credit,
  invoice,
  oneInvoice: { ...invoice, previousNumber: null, nextNumber: 2 },
  transaction: transactions[0],
  disbursement,
  disbursed: { disbursement, credit, invoice },
  billRunQueued: { billRunId: ID.run, status: 'queued' },
  billRun: {
    billRunId: ID.run,
    name: 'November',
    billGroup: 'default',
    billDate: '2026-11-30',
    status: 'completed',
    schedule: null,
    startedBy: 'operations',
    selecting: false,
    progress: { accounts: 2, billed: 1, nothingToBill: 1, failed: 0 },
    totals: [
      {
        currency: 'USD',
        invoices: 1,
        charged: '140.00',
        creditsIssued: { count: 1, amount: '50.00' },
        disbursed: '0.00',
        creditsReversed: { count: 0, amount: '0.00' },
      },
    ],
    trouble: null,
    cancelledBy: null,
    cancelReason: null,
    createdAt: '2026-11-30T02:00:00.000Z',
    startedAt: '2026-11-30T02:00:00.031Z',
    finishedAt: BILLED_AT,
  },
  billRunFailure: {
    accountId: ID.account,
    name: 'Acme Ltd',
    code: 'worker_crashed',
    message: 'the worker was lost 3 times while it billed this account',
    attempts: 1,
  },
  failureGroups: {
    data: [
      {
        code: 'timed_out',
        title: 'It took too long in every try',
        count: 8,
        example: 'it took too long in every try: canceling statement due to lock timeout',
        accountIds: ['acme', 'globex', 'initech', 'umbrella', 'wayne'],
      },
    ],
  },
  billRunRate: { from: '2026-11-30T02:00:00.031Z', stepSeconds: 1, accounts: [4_000, 8_000, 304] },
  preview: {
    invoices: [
      {
        accountId: ID.account,
        ...billed,
        balance: '140.00',
        status: 'unpaid',
        transactions,
        transactionCount: 2,
        disbursements: [],
      },
    ],
  },
  groupPreview: {
    billGroup: 'default',
    billDate: '2026-11-30',
    computedAt: '2026-11-30T02:10:04.000Z',
    accounts: 1,
    counts: { billed: 1, nothingToBill: 0, wouldFail: 0 },
    totals: [
      {
        currency: 'USD',
        invoices: 1,
        charged: '140.00',
        creditsIssued: { count: 1, amount: '50.00' },
        disbursed: '0.00',
        creditsReversed: { count: 0, amount: '0.00' },
        owed: '140.00',
      },
    ],
    failures: [],
    largest: [
      {
        accountId: ID.account,
        name: 'Acme Ltd',
        currency: 'USD',
        totalCharge: '140.00',
        total: '140.00',
        balance: '140.00',
      },
    ],
    warnings: [],
  },
  schedule: {
    name: 'nightly',
    cron: '0 2 * * *',
    timezone: 'Europe/London',
    billGroup: 'default',
    enabled: true,
    ...scheduleTimes,
    lastRun: {
      billRunId: ID.run,
      billDate: '2026-11-30',
      status: 'completed',
      createdAt: '2026-11-30T02:00:00.000Z',
      finishedAt: BILLED_AT,
    },
  },
  scheduleTimes,
  newKey: { keyId: id('7'), key: 'nb_the-key-itself-shown-this-once' },
  key: {
    keyId: id('7'),
    name: 'billing feed',
    scopes: ['enqueue'],
    createdAt: ENQUEUED_AT,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: BILLED_AT,
  },
  me: { keyId: id('7'), name: 'ops', scopes: ['read', 'enqueue', 'operate'], expiresAt: null, sessionId: id('8') },
  newSession: { sessionId: id('8'), token: 'the-token-itself-shown-this-once', expiresAt: '2026-12-01T21:30:00.000Z' },
  session: {
    sessionId: id('8'),
    keyId: id('7'),
    keyName: 'ops',
    createdAt: '2026-12-01T09:30:00.000Z',
    lastSeenAt: '2026-12-01T10:15:00.000Z',
    expiresAt: '2026-12-01T21:30:00.000Z',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0',
  },
  reconciliation: {
    reconciliationId: 42,
    billRunId: null,
    ok: false,
    violations: 1,
    checks: [
      {
        name: 'invoice_totals',
        description:
          'The total charge, total, balance and count of every invoice agree with its transactions and disbursements',
        held: true,
        violations: 0,
        examples: [],
      },
      {
        name: 'credit_left',
        description:
          'Every credit: what it has left is its amount minus its disbursements, and between zero and its amount',
        held: false,
        violations: 1,
        examples: [`credit ${ID.credit}: disbursed 49.00, its disbursements add up to 50.00 of 50.00`],
      },
    ],
    invoices: 1_000_412,
    credits: 204_518,
    startedAt: '2026-12-01T04:30:00.000Z',
    finishedAt: '2026-12-01T04:30:12.345Z',
  },
  reconciliationRequest: {
    reconciliationRequestId: id('a'),
    status: 'queued',
    rulesChecked: 0,
    rules: 0,
    reconciliationId: null,
    requestedAt: '2026-12-01T10:20:00.000Z',
    startedAt: null,
  },
  auditEntry: {
    auditId: id('8'),
    at: '2026-12-01T10:20:00.000Z',
    action: 'bill-run.cancel',
    subject: ID.run,
    source: 'http',
    keyId: id('7'),
    keyName: 'operations',
    requestId: id('9'),
    reason: 'Asked for by the customer',
    detail: null,
  },
  operations: {
    at: '2026-11-30T02:14:00.000Z',
    verdict: { level: 'bad', findings: 1, title: 'One thing needs you' },
    findings: [
      {
        level: 'bad',
        code: 'waits_too_long',
        what: 'The oldest credit waits 14 min, usually under a second',
        why: 'No worker has taken one for 14 min. Nothing is lost: 3,120 requests are safe and are carried out once a worker takes them.',
        since: '2026-11-30T02:00:00.000Z',
        action: { label: 'Look', target: { kind: 'jobs', id: null, status: 'queued', type: 'credit' } },
      },
    ],
    now: [
      {
        kind: 'credit',
        isRequest: true,
        open: 3_120,
        oldestSeconds: 840,
        usualSeconds: 0.02,
        donePerMinute: 0,
        failedLastHour: 0,
        lastTakenAt: '2026-11-30T02:00:00.000Z',
      },
    ],
    lastRun: null,
    nextRuns: [
      {
        schedule: 'nightly',
        billGroup: 'default',
        at: '2026-12-01T02:00:00.000Z',
        billDate: '2026-12-01',
        timezone: 'Europe/London',
      },
    ],
    reconciliation: { last: null, request: null },
  },
  operationsHistory: {
    from: '2026-11-30T01:14:00.000Z',
    stepSeconds: 1_800,
    kinds: [
      {
        kind: 'credit',
        waiting: [2, 3_120],
        oldestSeconds: [0.1, 840],
        donePerMinute: [212.5, 0],
        failedPerHour: [0, 0],
      },
    ],
    runs: [{ billRunId: ID.run, name: 'nightly', startedAt: '2026-11-30T02:00:00.031Z' }],
  },
  alive: { status: 'alive' },
  ready: { status: 'ready', database: 'ok', queue: 'ok', migrations: 'ok' },
  notReady: { status: 'not ready', database: 'ok', queue: 'unreachable', migrations: 'ok' },
} as const
