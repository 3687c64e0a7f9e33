import { html, type SafeHtml } from '@remix-run/html-template'

export type Heading = {
  /** The way up, nearest last. */
  readonly crumbs?: readonly (readonly [href: string, name: string])[]
  readonly title: SafeHtml | string
  /** Beside the title: a state, a key. */
  readonly beside?: SafeHtml | string
  /** At the right: what can be done here. */
  readonly actions?: SafeHtml | string
}

/** The head of a page: where it is, what it is, and what can be done. `u` goes up. */
export function heading({ crumbs = [], title, beside = '', actions = '' }: Heading): SafeHtml {
  const last = crumbs.length - 1
  return html`${
    crumbs.length === 0
      ? ''
      : html`<nav class="crumbs" aria-label="Way up"><ol>${crumbs.map(
          ([href, name], index) =>
            html`<li><a href="${href}"${index === last ? html` data-hotkey="u"` : ''}>${name}</a></li>`,
        )}</ol></nav>`
  }
    <div class="heading"><h1>${title}</h1>${beside}<div class="actions">${actions}</div></div>`
}

/** A caller's key or an id, in mono. A click copies it where scripts run. */
export const mono = (text: string): SafeHtml => html`<code class="id" data-copy>${text}</code>`
