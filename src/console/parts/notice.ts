import { html, type SafeHtml } from '@remix-run/html-template'
import type { Notice } from '../visit.ts'
import { ICONS } from './icons.ts'

/** What happened. After a post the focus is on it, so that a screen reader says it. */
export function noticeBox({ tone, strong, text }: Notice): SafeHtml {
  return html`<div class="notice ${tone}" role="status" tabindex="-1" data-focus>
    ${ICONS[tone]}<p><b>${strong}</b>${text === undefined ? '' : html` ${text}`}</p>
  </div>`
}
