import { html, type SafeHtml } from '@remix-run/html-template'
import type { Session } from '../../api/types.ts'
import { chip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { heading } from '../parts/heading.ts'
import { paging } from '../parts/paging.ts'
import { moment, plural } from '../parts/time.ts'
import { type Answer, type Page, type PageRoutes, page, redirect, type Visit } from '../visit.ts'

/** How many sessions one click ends at most. */
const MAX_ENDED = 500

/** Where people are signed in: with the own key, or with any for those who may administer keys. */
export function sessionPages({ get, post }: PageRoutes): void {
  get('/sessions', 'read', sessionsPage)
  post('/sessions/end-others', 'read', endOthers)
  post('/sessions/:sessionId/end', 'read', endOne)
}

async function sessionsPage(visit: Visit): Promise<Page> {
  const { client, query, me, may } = visit
  const { data, nextCursor } = await client.listSessions({ cursor: query.get('cursor') ?? undefined })
  const others = data.filter(({ sessionId }) => sessionId !== me.sessionId).length
  const endAll = html`<form method="post" action="/sessions/end-others"><button class="button">End all others</button></form>`
  return page({
    title: 'Sessions',
    body: html`${heading({ title: 'Sessions', actions: html`${csvLink(visit)}${others === 0 ? '' : endAll}` })}
      <p class="lead">Where ${may('admin') ? 'people are' : html`the key <b>${me.name}</b> is`} signed in. A session ends after 12 hours, or one unused.</p>
      <section class="sheet" aria-label="Sessions"><table class="stacked">
        <thead><tr><th scope="col">Browser</th><th scope="col">Key</th><th scope="col">Signed in</th><th scope="col">Last seen</th><th scope="col">Ends</th>
          <th scope="col" class="r"><span class="unseen">End</span></th></tr></thead>
        <tbody>${data.map((session) => row(visit, session))}</tbody>
      </table></section>
      ${paging(visit, nextCursor)}`,
  })
}

function row(visit: Visit, { sessionId, keyName, createdAt, lastSeenAt, expiresAt, userAgent }: Session): SafeHtml {
  const browser = browserName(userAgent)
  return html`<tr>
    <th scope="row" class="first" title="${userAgent ?? ''}">${browser}</th>
    <td>${keyName}</td>
    <td class="nowrap" data-label="signed in">${moment(createdAt, visit)}</td>
    <td class="nowrap" data-label="last seen">${moment(lastSeenAt, visit)}</td>
    <td class="nowrap" data-label="ends">${moment(expiresAt, visit)}</td>
    <td class="r wide">${
      sessionId === visit.me.sessionId
        ? chip('go', 'disc', 'This one')
        : html`<form method="post" action="/sessions/${sessionId}/end"><button class="button">End<span class="unseen"> the session of ${keyName}, ${browser}</span></button></form>`
    }</td></tr>`
}

/** `Firefox on Linux`; as much as a browser says of itself. */
function browserName(userAgent: string | null): string {
  if (userAgent === null) return 'Unknown'
  const browser = /Edg\//.test(userAgent) ? 'Edge' : /(Firefox|Chrome|Safari)\//.exec(userAgent)?.[1]
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent)?.[1]
  if (browser === undefined) return userAgent.slice(0, 40)
  return system === undefined ? browser : `${browser} on ${system.replace('Mac OS X', 'macOS')}`
}

async function endOne({ client, params }: Visit): Promise<Answer> {
  await client.endSession(params.sessionId as string)
  return redirect('/sessions', {
    tone: 'ok',
    strong: 'The session is ended.',
    text: 'Its browser is asked to sign in again.',
  })
}

async function endOthers({ client, me }: Visit): Promise<Answer> {
  const { data } = await client.listSessions({ limit: MAX_ENDED })
  const others = data.filter(({ sessionId }) => sessionId !== me.sessionId)
  for (const { sessionId } of others) await client.endSession(sessionId)
  return redirect('/sessions', { tone: 'ok', strong: `${plural(others.length, 'session')} ended.` })
}
