import { html, type SafeHtml } from '@remix-run/html-template'

/** One thing of which each row has a bar. */
export type BarColumn = {
  readonly href: string
  /** What the bars say, in words: it is the link's name. */
  readonly text: string
  readonly values: readonly BarValue[]
}

export type BarValue = {
  /** 0 to 1 of its row's height. */
  readonly part: number
  readonly tone?: 'accent' | 'bad' | 'past'
}

export type BarRow = { readonly label: string /** What the highest bar stands for. */; readonly most: string }

const HEIGHT = 40
/** What is not nothing can be seen. */
const MIN_HEIGHT = 2

/** Rows of bars over the same columns: small multiples with one scale each. A column is a link. */
export function bars(rows: readonly BarRow[], columns: readonly BarColumn[]): SafeHtml {
  return html`<div class="bars">
    <ul class="bar-rows" aria-hidden="true">${rows.map(
      ({ label, most }) => html`<li><b>${label}</b><span class="hint">${most}</span></li>`,
    )}</ul>
    <ol>${columns.map(
      ({ href, text, values }) =>
        html`<li><a href="${href}" title="${text}"><span class="unseen">${text}</span>${values.map(bar)}</a></li>`,
    )}</ol>
  </div>`
}

function bar({ part, tone = 'accent' }: BarValue): SafeHtml {
  const height = part === 0 ? 0 : Math.max(MIN_HEIGHT, Math.round(part * HEIGHT))
  return html`<svg class="rise ${tone}" viewBox="0 0 10 ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><rect x="2.5" width="5" y="${HEIGHT - height}" height="${height}" /></svg>`
}
