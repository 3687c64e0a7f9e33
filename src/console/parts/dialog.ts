import { html, type SafeHtml } from '@remix-run/html-template'

export type Dialog = {
  /** Unique in the page. A button with `opens(id)` opens it, without any script. */
  readonly id: string
  readonly title: string
  readonly body: SafeHtml
  /** It is open when the page arrives: its form was refused, or its own address was asked for. */
  readonly isOpen?: boolean
}

/** A dialog. Open from the start it stands in the page; a script makes it modal. */
export function dialog({ id, title, body, isOpen = false }: Dialog): SafeHtml {
  return html`<dialog id="${id}" aria-labelledby="${id}-title"${isOpen ? html` open data-modal` : ''}>
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </dialog>`
}

/** The attributes of a button that opens a dialog. */
export const opens = (id: string): SafeHtml => html`type="button" commandfor="${id}" command="show-modal"`

/** The button that closes a dialog and changes nothing. It has the first focus where it would be rash to give it to the other one. */
export const keepButton = (id: string, text: string, hasFocus = false): SafeHtml =>
  html`<button class="button" type="button" commandfor="${id}" command="close"${hasFocus ? html` autofocus` : ''}>${text}</button>`
