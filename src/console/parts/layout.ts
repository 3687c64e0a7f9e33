import { html, type SafeHtml } from '@remix-run/html-template'
import { asset } from '../assets.ts'
import type { Notice, Page, Section, Visit } from '../visit.ts'
import { ICONS } from './icons.ts'
import { noticeBox } from './notice.ts'

type RailLink = { readonly section: Section; readonly href: string; readonly name: string; readonly hotkey: string }

/** The sections of the console, with the keys that lead to them. */
export const RAIL: readonly RailLink[] = [
  { section: 'home', href: '/', name: 'Home', hotkey: 'g h' },
  { section: 'accounts', href: '/accounts', name: 'Accounts', hotkey: 'g a' },
  { section: 'credits', href: '/credits', name: 'Credits', hotkey: 'g c' },
  { section: 'invoices', href: '/invoices', name: 'Invoices', hotkey: 'g i' },
  { section: 'bill-runs', href: '/bill-runs', name: 'Bill runs', hotkey: 'g r' },
  { section: 'schedules', href: '/schedules', name: 'Schedules', hotkey: 'g s' },
  { section: 'work', href: '/work', name: 'Work', hotkey: 'g w' },
  { section: 'keys', href: '/keys', name: 'Keys', hotkey: 'g k' },
  { section: 'activity', href: '/activity', name: 'Activity', hotkey: 'g y' },
]

/** The head of every page: what the browser loads. No script or style stands in a page itself. */
export function head(title: string): SafeHtml {
  return html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="icon" href="${asset('favicon.svg')}" type="image/svg+xml" />
    <link rel="preload" href="${asset('source-sans-3-latin-wght-normal.woff2')}" as="font" type="font/woff2" crossorigin />
    <link rel="stylesheet" href="${asset('console.css')}" />
    <meta name="htmx-config" content='{"extensions":"sse","includeIndicatorCSS":false}' />
    <script type="module" src="${asset('console.js')}"></script>
    <script defer src="${asset('htmx.js')}"></script>
    <script defer src="${asset('hx-sse.js')}"></script>`
}

/** A whole page: bar, rail, what the page says, and the foot. */
export function layout(visit: Visit, { title, section, body }: Page, notice: Notice | undefined): SafeHtml {
  const { theme, density, keys } = visit.preferences
  return html`<!doctype html>
<html lang="en" data-theme="${theme}" data-density="${density}" data-keys="${keys}">
  <head>${head(`${title} · Nightbill`)}</head>
  <body>
    <a class="skip" href="#main">Skip to the page</a>
    ${bar(visit)}
    <div class="frame">
      ${rail(visit, section)}
      <main id="main" tabindex="-1">${notice ? noticeBox(notice) : ''}${body}</main>
    </div>
    ${foot(visit)}
  </body>
</html>`
}

function bar({ me, query, url }: Visit): SafeHtml {
  const searched = url.pathname === '/search' ? (query.get('q') ?? '') : ''
  return html`<header class="bar">
    <a class="brand" href="/" aria-label="Nightbill">${ICONS.mark}<span>Nightbill</span></a>
    <form class="search" role="search" action="/search">
      <label class="unseen" for="search">Find an account, an invoice or an id</label>
      <auto-complete src="/search/options" for="search-options">
      ${ICONS.search}
      <input id="search" name="q" type="search" placeholder="Find an account, invoice 18, an id" value="${searched}"
        autocomplete="off" spellcheck="false" maxlength="200" data-hotkey="/" />
      <kbd aria-hidden="true">/</kbd>
      <ul id="search-options" class="options" role="listbox" aria-label="Found" hidden></ul>
      <div id="search-options-feedback" class="unseen"></div>
      </auto-complete>
    </form>
    <span class="ticker" id="ticker" hx-get="/ticker" hx-trigger="load" hx-swap="outerHTML"></span>
    <details class="menu">
      <summary>${me.name}</summary>
      <div class="sheet floating">
        <p><b>${me.name}</b> may ${me.scopes.join(', ')}.</p>
        <p><a href="/sessions">Sessions</a> · <a href="/preferences">Preferences</a> · <a href="/shortcuts" data-hotkey="?" data-dialog="#shortcuts">Shortcuts</a></p>
        <form method="post" action="/sign-out"><button class="button">Sign out</button></form>
      </div>
    </details>
  </header>`
}

function rail({ may }: Visit, current: Section | undefined): SafeHtml {
  const links = RAIL.filter(({ section }) => section !== 'keys' || may('admin')).map(
    ({ section, href, name, hotkey }) =>
      html`<li><a href="${href}" data-hotkey="${hotkey}"${section === current ? html` aria-current="page"` : ''}>${name}</a></li>`,
  )
  return html`<nav class="rail" aria-label="Sections"><ul>${links}</ul></nav>`
}

function foot({ preferences: { zone }, may }: Visit): SafeHtml {
  return html`<footer class="foot">
    <span>Times in <a href="/preferences">${zone}</a></span>
    ${may('operate') ? html`<a href="/queues">Bull Board</a>` : ''}
    <a href="/docs">API</a>
  </footer>`
}
