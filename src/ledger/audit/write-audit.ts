import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import type { Actor } from './actor.ts'

/** Who did something: a request with its key, a person at the command line on the database itself, or a schedule. */
export type Doer =
  | ({ readonly source: 'http' } & Actor)
  | { readonly source: 'command' /** The name of the operating system's user. */; readonly user: string }
  | { readonly source: 'schedule'; readonly name: string }

/** What was done, and to what. */
export type Deed = {
  /** `noun.verb`, such as `credit.delete`. */
  readonly action: string
  /** The id of what it was done to, or the caller's own key or name of it. */
  readonly subject: string
  /** Why, as whoever did it says. */
  readonly reason?: string | undefined
  readonly detail?: string | undefined
}

/** Keeps who did what, in the transaction that does it. */
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
