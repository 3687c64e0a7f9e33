import { html, type SafeHtml } from '@remix-run/html-template'

export type Figure = { readonly label: string; readonly value: SafeHtml; readonly note?: SafeHtml | string }

/** Figures in a strip between two hairlines. */
export function figures(list: readonly Figure[]): SafeHtml {
  return html`<dl class="figures">${list.map(
    ({ label, value, note }) =>
      html`<div><dt>${label}</dt><dd><b>${value}</b>${note === undefined ? '' : html` <span class="note">${note}</span>`}</dd></div>`,
  )}</dl>`
}
