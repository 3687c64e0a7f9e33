import { html, type SafeHtml } from '@remix-run/html-template'

export type Tab = {
  readonly href: string
  readonly name: string
  readonly count?: number | string
  readonly isCurrent: boolean
}

/** Tabs are links: each has its own address. */
export function tabs(label: string, list: readonly Tab[]): SafeHtml {
  return html`<nav class="tabs" aria-label="${label}"><ul>${list.map(
    ({ href, name, count, isCurrent }) =>
      html`<li><a href="${href}"${isCurrent ? html` aria-current="true"` : ''}>${name}${
        count === undefined ? '' : html` <span class="count">${count}</span>`
      }</a></li>`,
  )}</ul></nav>`
}
