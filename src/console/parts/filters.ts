import { html, type SafeHtml } from '@remix-run/html-template'
import type { Visit } from '../visit.ts'
import { ICONS } from './icons.ts'
import { withQuery } from './paging.ts'

/** A filter in force: the name in the address that it has, and what it says. */
export type ActiveFilter = { readonly name: string; readonly text: SafeHtml | string }

/** The filters of a list as a form, and those in force as chips, each of which takes its filter away. What else is in the address stays. */
export function filters(
  { url }: Visit,
  { fields, active }: { readonly fields: SafeHtml; readonly active: readonly ActiveFilter[] },
): SafeHtml {
  return html`<div class="filtered">
    <form class="filters" action="${url.pathname}">${fields}<button class="button">Filter</button></form>
    ${
      active.length === 0
        ? ''
        : html`<ul class="active" aria-label="Filters in force">${active.map(
            ({ name, text }) =>
              html`<li><a class="chip idle" href="${withQuery(url, { [name]: undefined, cursor: undefined })}">${text}
                ${ICONS.remove}<span class="unseen">Take this filter away</span></a></li>`,
          )}</ul>`
    }
  </div>`
}

/** A text field of a filter form, with what is filtered by now. */
export const filterText = ({ query }: Visit, name: string, label: string, placeholder = ''): SafeHtml =>
  html`<label>${label}<input name="${name}" value="${query.get(name) ?? ''}" placeholder="${placeholder}" maxlength="200"
    autocomplete="off" spellcheck="false" /></label>`

/** A choice of a filter form; the first option is chosen when nothing is filtered by. */
export const filterChoice = (
  { query }: Visit,
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
): SafeHtml =>
  html`<label>${label}<select name="${name}">${options.map(
    ([value, text]) =>
      html`<option value="${value}"${value === (query.get(name) ?? '') ? html` selected` : ''}>${text}</option>`,
  )}</select></label>`

/** What is kept in the address when the form is sent: filters that stand elsewhere on the page. */
export const keptFilters = ({ query }: Visit, ...names: readonly string[]): SafeHtml[] =>
  names.flatMap((name) => {
    const value = query.get(name)
    return value === null ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`]
  })

/** A filter of the address; undefined when it is left out or empty, as a form sends it. */
export const filterOf = ({ query }: Visit, name: string): string | undefined => query.get(name)?.trim() || undefined

/** A filter of the address that is one of some words; undefined for anything else. */
export const filterAmong = <Word extends string>(
  visit: Visit,
  name: string,
  words: readonly Word[],
): Word | undefined => words.find((word) => word === filterOf(visit, name))
