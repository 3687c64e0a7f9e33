import { html, type SafeHtml } from '@remix-run/html-template'

/** What stands where a list has nothing: one sentence what this is, one what to do. */
export const empty = (what: SafeHtml | string, todo: SafeHtml | string = ''): SafeHtml =>
  html`<div class="empty"><p>${what}</p>${todo === '' ? '' : html`<p class="hint">${todo}</p>`}</div>`
