import { createHash } from 'node:crypto'
import type { NewAccount, NewCharge, NewCredit } from '../../api/types.ts'
import type { ApiClient } from '../../client/api-client.ts'
import { type ApiError, isApiError } from '../../client/api-error.ts'
import type { BadRow } from './check-file.ts'
import type { Item } from './check-row.ts'
import type { KindName } from './kinds.ts'

export type Sent = { readonly accepted: number; readonly bad: readonly BadRow[] }

/** How a kind of row is sent: a batch in one request, or several, each with an idempotency key that `keyOf` makes. */
type Send = (client: ApiClient, items: readonly Item[], keyOf: (items: readonly Item[]) => string) => Promise<Sent>

const ACCOUNTS_AT_ONCE = 8

/**
 * Sends a batch of rows. Its key is made of the file's hash, the range of lines and what is sent, so that a repeat of the same rows is the
 * same request, and other rows never are. Throws an ApiError when the service cannot take any.
 */
export async function sendBatch(
  client: ApiClient,
  kind: KindName,
  items: readonly Item[],
  fileHash: string,
): Promise<Sent> {
  if (items.length === 0) return { accepted: 0, bad: [] }
  const keyOf = (sent: readonly Item[]) => {
    const range = [fileHash, kind, sent[0]?.row.line, sent.at(-1)?.row.line]
    const bodies = sent.map(({ body }) => body)
    return `import-${createHash('sha256')
      .update(JSON.stringify([range, bodies]))
      .digest('hex')
      .slice(0, 40)}`
  }
  return SENDS[kind](client, items, keyOf)
}

const SENDS: Readonly<Record<KindName, Send>> = {
  accounts: sendAccounts,
  charges: sendCharges,
  credits: async (client, items, keyOf) => {
    const credits = items.map(({ body }) => body as NewCredit)
    const { accepted, rejected } = await client.postCreditBatch(credits, { idempotencyKey: keyOf(items) })
    const bad = rejected.map(({ index, problem }) => {
      const { row } = items[index] as Item
      const field = problem.errors?.[0]?.pointer.slice(1) ?? ''
      return { row, problem: { line: row.line, field, message: `${problem.detail} (${problem.code})` } }
    })
    return { accepted: accepted.length, bad }
  },
}

/** Charges are recorded all or none: those that are refused are left out, and the others sent again. */
async function sendCharges(...[client, items, keyOf]: Parameters<Send>): Promise<Sent> {
  const bad: BadRow[] = []
  let open = items
  while (open.length > 0) {
    try {
      await client.postCharges(
        open.map(({ body }) => body as NewCharge),
        { idempotencyKey: keyOf(open) },
      )
      return { accepted: open.length, bad }
    } catch (error) {
      if (!isApiError(error)) throw error
      const refused = refusedItems(error, open)
      if (refused.length === 0) throw error
      bad.push(...refused)
      const rows = new Set(refused.map(({ row }) => row))
      open = open.filter(({ row }) => !rows.has(row))
    }
  }
  return { accepted: 0, bad }
}

/** The rows that the pointers of a refusal name: `/charges/17/amount`. */
function refusedItems({ errors, code }: ApiError, items: readonly Item[]): readonly BadRow[] {
  return errors.flatMap(({ pointer, message }) => {
    const [, index = '', field = ''] = /^\/charges\/(\d+)(?:\/(.*))?$/.exec(pointer) ?? []
    const row = items[Number(index)]?.row
    return index === '' || !row ? [] : [{ row, problem: { line: row.line, field, message: `${message} (${code})` } }]
  })
}

async function sendAccounts(...[client, items, keyOf]: Parameters<Send>): Promise<Sent> {
  const bad: BadRow[] = []
  const open = [...items].reverse()
  const sendOpen = async () => {
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      try {
        await client.createAccount(item.body as NewAccount, { idempotencyKey: keyOf([item]) })
      } catch (error) {
        if (!isApiError(error) || ![400, 409, 422].includes(error.status)) throw error
        const { line } = item.row
        bad.push({ row: item.row, problem: { line, field: '', message: `${error.message} (${error.code})` } })
      }
    }
  }
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, sendOpen))
  return { accepted: items.length - bad.length, bad: bad.toSorted((a, b) => a.problem.line - b.problem.line) }
}
