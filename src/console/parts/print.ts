import { html, type SafeHtml } from '@remix-run/html-template'
import type { Config } from '../../config.ts'

/** Who sends what is printed: on paper only. Nothing where no name is set (BUSINESS_NAME, BUSINESS_ADDRESS). */
export function letterhead({ BUSINESS_NAME: name, BUSINESS_ADDRESS: address = '' }: Config): SafeHtml {
  if (name === undefined) return html``
  const lines = address.split(/[\n;]/).map((line) => line.trim())
  return html`<address class="letterhead"><b>${name}</b>${lines.filter(Boolean).map((line) => html`<span>${line}</span>`)}</address>`
}

/** Writes `Invoice 18 · page 1 of 2` under each printed page. Only a stylesheet can, and none may stand in a page: see printFootCss. */
export const printFoot = (title: string): SafeHtml =>
  html`<link rel="stylesheet" media="print" href="/print/${encodeURIComponent(title)}" />`

/** The stylesheet for it. Whatever the title, it is a text in it and nothing else: what is no letter, digit or blank is written by its number. */
export function printFootCss(title: string): string {
  const text = title.replace(/[^\p{L}\p{N} ]/gu, (sign) => `\\${sign.codePointAt(0)?.toString(16)} `)
  return `@page { @bottom-right { content: "${text} \\b7  page " counter(page) " of " counter(pages); font: 400 9pt "Source Sans 3", sans-serif; color: #4a4e58; } }\n`
}
