import { html, type SafeHtml } from '@remix-run/html-template'
import type { CreatedKey, Key, NewKey } from '../../api/types.ts'
import { chip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { dialog, keepButton, opens } from '../parts/dialog.ts'
import { empty } from '../parts/empty.ts'
import {
  EMPTY_FORM,
  errorSummary,
  type FieldErrors,
  type FormState,
  field,
  fieldErrors,
  idempotencyField,
  tickBox,
} from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { paging } from '../parts/paging.ts'
import { moment } from '../parts/time.ts'
import { type Answer, type Page, type PageRoutes, page, redirect, type Visit } from '../visit.ts'

/** What each scope lets a key do. */
const SCOPES = {
  enqueue: 'Send accounts, charges, credits and reversals',
  read: 'See everything but keys',
  operate: 'Disburse, delete, start and retry, set schedules',
  admin: 'Make and revoke keys, end sessions of others',
} as const
type Scope = keyof typeof SCOPES
const NAMES = Object.keys(SCOPES) as Scope[]
const LABELS = { name: 'Name', expiresOn: 'Expires on', enqueue: 'Scopes' } as const

/** API keys, for those who may administer them. */
export function keyPages({ get, post }: PageRoutes): void {
  get('/keys', 'admin', (visit) => keysPage(visit))
  get('/keys/:keyId/revoke', 'admin', (visit) => keysPage(visit, { revoking: visit.params.keyId }))
  post('/keys', 'admin', makeKey)
  post('/keys/:keyId/revoke', 'admin', revokeKey)
}

type State = {
  readonly form?: FormState
  readonly made?: CreatedKey & { readonly name: string }
  /** The id of the key that is about to be revoked. */
  readonly revoking?: string | undefined
  readonly status?: number
}

async function keysPage(visit: Visit, { form, made, revoking, status = 200 }: State = {}): Promise<Page> {
  const { client, query } = visit
  const { data, nextCursor } = await client.listKeys({ cursor: query.get('cursor') ?? undefined })
  const revoked = data.find(({ keyId }) => keyId === revoking)
  const addButton = html`<button class="button primary" ${opens('new-key')}>${ICONS.plus}Make a key</button>
    <noscript><a class="button plain" href="/keys?new=1">on its own page</a></noscript>`
  return page({
    title: 'Keys',
    section: 'keys',
    status,
    body: html`${heading({ title: 'Keys', actions: html`${csvLink(visit)}${addButton}` })}
      ${made ? shownOnce(made) : ''}
      ${dialog({ id: 'new-key', title: 'Make a key', body: keyForm(form ?? EMPTY_FORM), isOpen: form !== undefined || query.has('new') })}
      ${revoked ? dialog({ id: 'revoke', title: `Revoke ${revoked.name}?`, body: revokeForm(visit, revoked), isOpen: true }) : ''}
      <section class="sheet" aria-label="Keys">${data.length === 0 ? empty('There is no key.') : list(visit, data)}</section>
      ${paging(visit, nextCursor)}`,
  })
}

/** The key itself, which nobody can show again. */
function shownOnce({ key, name }: CreatedKey & { readonly name: string }): SafeHtml {
  if (key === null)
    return html`<div class="notice warn" role="status" tabindex="-1" data-focus><div><b>The key ${name} was made already, and was shown then.</b>
      It cannot be shown again: revoke it and make another if it is lost.</div></div>`
  return html`<div class="notice ok" role="status" tabindex="-1" data-focus><div>
    <p><b>The key ${name} is made.</b> Copy it now: you will not see it again.</p>
    <p class="actions"><code class="id" id="made-key">${key}</code><button class="button" type="button" data-copy="${key}">Copy</button></p></div></div>`
}

function list(visit: Visit, keys: readonly Key[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Name</th><th scope="col">May</th><th scope="col">Made</th><th scope="col">Expires</th><th scope="col">Last used</th>
      <th scope="col">State</th><th scope="col" class="r"><span class="unseen">Revoke</span></th></tr></thead>
    <tbody>${keys.map((key) => row(visit, key))}</tbody>
  </table>`
}

function row(visit: Visit, { keyId, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt }: Key): SafeHtml {
  const isExpired = expiresAt !== null && Date.parse(expiresAt) <= visit.now.getTime()
  const isInForce = revokedAt === null && !isExpired
  return html`<tr>
    <th scope="row" class="first"><a href="/activity?key=${keyId}">${name}</a>${keyId === visit.me.keyId ? html` <span class="hint">yours</span>` : ''}</th>
    <td class="wide">${scopes.join(', ')}</td>
    <td class="nowrap" data-label="made">${moment(createdAt, visit)}</td>
    <td class="nowrap" data-label="expires">${expiresAt === null ? 'never' : moment(expiresAt, visit)}</td>
    <td class="nowrap" data-label="last used">${lastUsedAt === null ? 'never' : moment(lastUsedAt, visit)}</td>
    <td class="first">${isInForce ? chip('ok', 'disc', 'In force') : revokedAt === null ? chip('idle', 'ring', 'Expired') : chip('idle', 'cross', 'Revoked')}</td>
    <td class="r">${isInForce ? html`<a class="button" href="/keys/${keyId}/revoke">Revoke…<span class="unseen"> ${name}</span></a>` : ''}</td>
  </tr>`
}

function keyForm(sent: FormState): SafeHtml {
  const form = { ...sent, id: 'key' }
  const wasSent = Object.keys(form.values).length > 0
  return html`<form method="post" action="/keys" novalidate>
    ${errorSummary(form, LABELS)}
    <p class="hint">A red edge marks what is required.</p>
    ${idempotencyField(form.values)}
    ${field(form, { name: 'name', label: LABELS.name, required: true, maxLength: 200, hint: 'Whose it is: it stands beside all that is done with it' })}
    <fieldset><legend>Scopes</legend>${NAMES.map((scope) =>
      tickBox(form, {
        name: scope,
        label: scope,
        hint: SCOPES[scope],
        checked: wasSent ? form.values[scope] === 'on' : scope === 'read',
      }),
    )}</fieldset>
    ${field(form, { name: 'expiresOn', label: `${LABELS.expiresOn} (optional)`, type: 'date', hint: 'At the end of that day, UTC' })}
    <div class="actions">${keepButton('new-key', 'Cancel')}<button class="button primary">Make the key</button></div>
  </form>`
}

function revokeForm({ me }: Visit, { keyId, name }: Key): SafeHtml {
  return html`<form method="post" action="/keys/${keyId}/revoke">
    <p>Whatever uses <b>${name}</b> is refused within two seconds, and its sessions end. This cannot be undone: a new key would have to be made.</p>
    ${keyId === me.keyId ? html`<p><b>It is the key that you are signed in with.</b> You will be signed out.</p>` : ''}
    ${field({ ...EMPTY_FORM, id: 'revoke' }, { name: 'reason', label: 'Reason (optional)', hint: 'For the activity', maxLength: 500 })}
    <div class="actions">${keepButton('revoke', 'Keep the key', true)}<button class="button danger">Revoke ${name}</button></div>
  </form>`
}

async function makeKey(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const refuse = (errors: FieldErrors) => keysPage(visit, { form: { values: form, errors }, status: 422 })
  const { name = '', expiresOn = '' } = form
  const scopes = NAMES.filter((scope) => form[scope] === 'on')
  const errors = {
    ...(name.trim() === '' ? { name: 'Say whose it is' } : {}),
    ...(scopes.length === 0 ? { enqueue: 'Tick at least one' } : {}),
  }
  if (Object.keys(errors).length > 0) return refuse(errors)
  const expires = expiresOn === '' ? {} : { expiresAt: `${expiresOn}T23:59:59Z` }
  const key: NewKey = { name: name.trim(), scopes, ...expires }
  try {
    const made = await client.createKey(key, { idempotencyKey: form.idempotencyKey })
    // Not a redirect: the key is in this answer alone.
    return keysPage(visit, { made: { ...made, name: key.name }, status: 201 })
  } catch (error) {
    return refuse(fieldErrors(error, { expiresAt: 'expiresOn' }))
  }
}

async function revokeKey({ client, params, form, me }: Visit): Promise<Answer> {
  const { reason = '' } = form
  await client.revokeKey(params.keyId as string, reason.trim() === '' ? {} : { reason })
  const to = params.keyId === me.keyId ? '/sign-in' : '/keys'
  return redirect(to, { tone: 'ok', strong: 'The key is revoked.', text: 'Whatever uses it is refused from now on.' })
}
