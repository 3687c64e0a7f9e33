import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import type { Actor } from './actor.ts'

/** Who did something: a request with its key, a person at the command line on the database itself, or a schedule. */
export type AuditActor =
  | ({ readonly source: 'http' } & Actor)
  | { readonly source: 'command' /** The name of the operating system's user. */; readonly user: string }
  | { readonly source: 'schedule'; readonly name: string }

/** What was done, and to which subject. */
export type AuditedAction = {
  /** `noun.verb`, such as `credit.delete`. */
  readonly action: string
  /** The id of the credit, bill run or other thing that was changed, or the caller's own key or name for it. */
  readonly subject: string
  /** The reason that the caller gave. */
  readonly reason?: string | undefined
  readonly detail?: string | undefined
}

/** Writes an audit entry, in the transaction that makes the change. */
export async function writeAudit(
  tx: Tx,
  actor: AuditActor,
  { action, subject, reason, detail }: AuditedAction,
): Promise<void> {
  const by =
    actor.source === 'command'
      ? `user ${actor.user}`
      : actor.source === 'schedule'
        ? `schedule ${actor.name}`
        : undefined
  await tx
    .insertInto('audit_entry')
    .values({
      audit_id: newId(),
      source: actor.source,
      api_key_id: actor.source === 'http' ? actor.apiKeyId : null,
      request_id: actor.source === 'http' ? actor.requestId : null,
      action,
      subject,
      reason: reason ?? null,
      detail: [by, detail].filter((part) => part !== undefined).join(': ') || null,
    })
    .execute()
}
