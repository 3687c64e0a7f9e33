import { randomUUID } from 'node:crypto'
import type { Credit, Invoice } from '../src/api/types.ts'
import type { ApiClient } from '../src/client/api-client.ts'
import { isApiError } from '../src/client/api-error.ts'
import { finishJob } from '../src/client/finish-job.ts'
import { formatMoney } from '../src/terminal/format-money.ts'
import { transactionsTable } from '../src/terminal/invoice-columns.ts'
import { renderTable, type TableColumn } from '../src/terminal/render-table.ts'
import type { Check } from './check.ts'

const billGroup = 'credit-story'
const currency = 'USD'

/** Where things stand after a step; a column that is not there yet is empty. */
type Stage = {
  readonly step: string
  readonly creditStatus: string
  readonly creditLeft: string
  readonly firstBalance: string
  readonly secondBalance: string
}

type Told = { readonly text: string; readonly checks: readonly Check[] }

/**
 * A credit's life on an account of its own, by the HTTP interface alone: given, billed, disbursed by hand, refused
 * deletion, reversed. The second invoice undoes the credit while the first stays as it was.
 */
export async function tellCreditStory(client: ApiClient): Promise<Told> {
  const accountId = `story-${randomUUID().slice(0, 8)}`
  await client.createAccount({ accountId, name: 'The credit story', currency, billGroup })
  const charge = { accountId, amount: '140.00', description: 'January', chargedOn: '2011-01-31' }
  await client.postCharges([charge])
  const given = { accountId, amount: '50.00', reason: 'Goodwill', automaticDisbursement: false }
  const { creditId, jobId } = await client.postCredit(given)
  await finishJob(client, jobId)

  const stages: Stage[] = []
  const stand = async (step: string, first?: Invoice, second?: Invoice) => {
    stages.push(await stageOf(client, step, creditId, first, second))
  }
  await stand('Charged 140.00 and given a manual credit of 50.00')

  const first = await bill(client, accountId, '2011-01-31')
  await stand('Billed: the credit is issued with the invoice', first)

  await client.disburse(creditId, { invoiceId: first.invoiceId, amount: '50.00' })
  await stand('Disbursed 50.00 to the invoice', first)

  const refusal = await refusalOf(() => client.deleteCredit(creditId))
  await stand(`Deleting the credit: ${refusal}`, first)

  const reversal = await client.requestReversal(creditId, { reason: 'Given in error' })
  await finishJob(client, reversal.jobId)
  await stand('Asked for the reversal of the credit', first)

  const second = await bill(client, accountId, '2011-02-28')
  await stand('Billed again, with no further charges', first, second)

  const { transactions = [] } = await client.getInvoice(second.invoiceId)
  return {
    text: [
      renderTable(stageColumns, stages),
      `The second invoice, number ${second.number}:`,
      transactionsTable(transactions, currency),
    ].join('\n'),
    checks: [
      ...checksOf(stages),
      { name: 'deleting the issued credit', expected: '409 credit_already_issued', actual: refusal },
      {
        name: "the second invoice's transactions",
        expected: 'reversed_credit 50.00',
        actual: transactions.map(({ type, amount }) => `${type} ${amount}`).join(', '),
      },
    ],
  }
}

/** What the rules say of each stage: credit status, credit left, balance of the first and of the second invoice. */
const expectedStages = [
  ['pending', '50.00', '', ''],
  ['issued', '50.00', '140.00', ''],
  ['issued', '0.00', '90.00', ''],
  ['issued', '0.00', '90.00', ''],
  ['reversal_pending', '0.00', '90.00', ''],
  ['reversed', '0.00', '90.00', '50.00'],
]

function checksOf(stages: readonly Stage[]): readonly Check[] {
  return stages.map(({ step, creditStatus, creditLeft, firstBalance, secondBalance }, index) => ({
    name: `the credit story at "${step}"`,
    expected: stateText(expectedStages[index] ?? []),
    actual: stateText([creditStatus, creditLeft, firstBalance, secondBalance]),
  }))
}

function stateText([status, left, first, second]: readonly string[]): string {
  return `${status}, left ${left}, first balance ${first || 'none'}, second ${second || 'none'}`
}

const stageColumns: readonly TableColumn<Stage>[] = [
  { title: 'Step', value: ({ step }) => step },
  { title: 'Credit', value: ({ creditStatus }) => creditStatus.replaceAll('_', ' ') },
  { title: 'Left', align: 'right', value: ({ creditLeft }) => formatMoney(creditLeft, currency) },
  { title: 'First invoice', align: 'right', value: ({ firstBalance }) => moneyOrNothing(firstBalance) },
  { title: 'Second invoice', align: 'right', value: ({ secondBalance }) => moneyOrNothing(secondBalance) },
]

function moneyOrNothing(amount: string): string {
  return amount === '' ? '' : formatMoney(amount, currency)
}

async function stageOf(
  client: ApiClient,
  step: string,
  creditId: string,
  first: Invoice | undefined,
  second: Invoice | undefined,
): Promise<Stage> {
  const { status, amountLeft }: Credit = await client.getCredit(creditId)
  const balanceOf = async (invoice: Invoice | undefined) =>
    invoice === undefined ? '' : (await client.getInvoice(invoice.invoiceId)).balance
  return {
    step,
    creditStatus: status,
    creditLeft: amountLeft,
    firstBalance: await balanceOf(first),
    secondBalance: await balanceOf(second),
  }
}

/** Bills the story's group through the queue, and gives the account's invoice of that run. */
async function bill(client: ApiClient, accountId: string, billDate: string): Promise<Invoice> {
  const { billRunId } = await client.startBillRun({ billGroup, billDate, name: `Credit story ${billDate}` })
  const { status } = await client.waitForBillRun(billRunId)
  const [invoice] = (await client.listInvoices({ accountId, billRunId })).data
  if (status !== 'completed' || invoice === undefined)
    throw new Error(`Bill run ${billRunId} ${status} without an invoice`)
  return invoice
}

async function refusalOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
    return 'not refused'
  } catch (error) {
    if (!isApiError(error)) throw error
    return `${error.status} ${error.code}`
  }
}
