import { html, type SafeHtml } from '@remix-run/html-template'

// The one place of raw markup: the drawings are written here, and nothing is put into them. 16 x 16, drawn by the text's colour.
const draw = (paths: SafeHtml): SafeHtml =>
  html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${paths}</svg>`

export const ICONS = {
  search: draw(html.raw`<circle cx="7" cy="7" r="4.5" /><path d="m10.5 10.5 3.5 3.5" />`),
  plus: draw(html.raw`<path d="M8 3v10M3 8h10" />`),
  reverse: draw(html.raw`<path d="M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7" />`),
  remove: draw(html.raw`<path d="m4 4 8 8m0-8-8 8" />`),
  download: draw(html.raw`<path d="M8 2v8m-3.5-3L8 10.5 11.5 7M3 13.5h10" />`),
  print: draw(html.raw`<path d="M4.5 6V2.5h7V6M4.5 11H2.5V6h11v5h-2M4.5 9.5h7v4h-7z" />`),
  ok: draw(html.raw`<circle cx="8" cy="8" r="6" /><path d="m5.3 8.2 1.9 1.9 3.5-4" />`),
  warn: draw(html.raw`<path d="M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.6v.6" />`),
  bad: draw(html.raw`<circle cx="8" cy="8" r="6" /><path d="M8 4.7v4M8 10.8v.6" />`),
  note: draw(html.raw`<circle cx="8" cy="8" r="6" /><path d="M8 7.3v4M8 4.6v.6" />`),
  previous: draw(html.raw`<path d="M10 3 5 8l5 5" />`),
  next: draw(html.raw`<path d="m6 3 5 5-5 5" />`),
  mark: html.raw`<svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d="M11.5 1.5a6 6 0 1 0 4.9 8.7A5 5 0 0 1 11.5 1.5ZM1.5 14.5h17M3.5 18h13" /></svg>`,
} as const

// The signs of states, 12 x 12, filled or drawn by the chip's colour.
const sign = (paths: SafeHtml): SafeHtml =>
  html`<svg class="sign" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">${paths}</svg>`

export const SIGNS = {
  ring: sign(html.raw`<circle cx="6" cy="6" r="4" class="line" />`),
  disc: sign(html.raw`<circle cx="6" cy="6" r="4.6" />`),
  half: sign(html.raw`<circle cx="6" cy="6" r="4" class="line" /><path d="M6 2a4 4 0 0 1 0 8Z" />`),
  notched: sign(html.raw`<path d="M6 1.4A4.6 4.6 0 1 0 10.6 6H6Z" />`),
  back: sign(html.raw`<path d="M4.5 2 2 4.5 4.5 7M2 4.5h5.2a2.4 2.4 0 0 1 0 4.8H5" class="line" />`),
  cross: sign(html.raw`<path d="m2.8 2.8 6.4 6.4m0-6.4L2.8 9.2" class="line" />`),
  square: sign(html.raw`<rect x="2" y="2" width="8" height="8" rx=".6" />`),
  check: sign(html.raw`<path d="m1.8 6.4 2.9 2.9 5.5-6.4" class="line" />`),
  triangle: sign(html.raw`<path d="M6 1.6 11 10.4H1Z" />`),
} as const
export type SignName = keyof typeof SIGNS
