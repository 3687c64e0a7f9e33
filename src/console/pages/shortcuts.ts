import { html, type SafeHtml } from '@remix-run/html-template'
import { heading } from '../parts/heading.ts'
import { RAIL } from '../parts/layout.ts'
import { type Page, type PageRoutes, page, type Visit } from '../visit.ts'

type Shortcut = readonly [keys: string, what: string]

const ANYWHERE: readonly Shortcut[] = [
  ['/', 'Search'],
  ['?', 'This list'],
  ['u', 'Up: to the list or the account that this is of'],
  ['Esc', 'Close a dialog or the menu'],
]
const IN_LISTS: readonly Shortcut[] = [
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open the row'],
  ['o', 'Open the row in a new tab'],
  ['[', 'Newest, or newer'],
  [']', 'Older'],
]
const TO_DO: readonly Shortcut[] = [
  ['c', 'Add a credit, on an account’s credits'],
  ['n', 'Start a bill run, on the bill runs'],
]

/** What the keys do. A script shows the same list in a dialog when `?` is pressed. */
export function shortcutPages({ get }: PageRoutes): void {
  get('/shortcuts', 'read', async (visit) => shortcutsPage(visit))
}

function shortcutsPage({ preferences: { keys }, may }: Visit): Page {
  const goTo = RAIL.filter(({ section }) => section !== 'keys' || may('admin')).map(
    ({ hotkey, name }): Shortcut => [hotkey, `Go to ${name}`],
  )
  return page({
    title: 'Shortcuts',
    body: html`${heading({ title: 'Shortcuts' })}
      <p class="lead">Single keys are ${keys === 'on' ? 'on' : 'off'}: <a href="/preferences">change that</a>. None of them changes anything, and none works while you type in a field.</p>
      <div id="shortcuts" class="shortcuts">
        ${group('Anywhere', ANYWHERE)}${group('In lists', IN_LISTS)}${group('Go to', goTo)}${group('To do', TO_DO)}
      </div>`,
  })
}

function group(title: string, shortcuts: readonly Shortcut[]): SafeHtml {
  return html`<section><h2>${title}</h2><dl class="keys">${shortcuts.map(
    ([keys, what]) =>
      html`<div><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd></div>`,
  )}</dl></section>`
}
