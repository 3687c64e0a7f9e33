import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import type { Actor } from './actor.ts'

/** Who did something: a request with its key, a person at the command line on the database itself, or a schedule. */
export type Doer =
  | ({ readonly source: 'http' } & Actor)
  | { readonly source: 'command' /** The name of the operating system's user. */; readonly user: string }
  | { readonly source: 'schedule'; readonly name: string }

/** What was done, and to which subject. */
export type Deed = {
  /** `noun.verb`, such as `credit.delete`. */
  readonly action: string
  /** The id of the credit, bill run or other thing that was changed, or the caller's own key or name for it. */
  readonly subject: string
  /** The reason that the caller gave. */
  readonly reason?: string | undefined
  readonly detail?: string | undefined
}

/** Writes an audit entry, in the transaction that makes the change. */
export async function writeAudit(tx: Tx, doer: Doer, { action, subject, reason, detail }: Deed): Promise<void> {
  const by =
    doer.source === 'command' ? `user ${doer.user}` : doer.source === 'schedule' ? `schedule ${doer.name}` : undefined
  await tx
    .insertInto('audit_entry')
    .values({
      audit_id: newId(),
      source: doer.source,
      api_key_id: doer.source === 'http' ? doer.apiKeyId : null,
      request_id: doer.source === 'http' ? doer.requestId : null,
      action,
      subject,
      reason: reason ?? null,
      detail: [by, detail].filter((part) => part !== undefined).join(': ') || null,
    })
    .execute()
}
