import { randomUUID } from 'node:crypto'
import { html, type SafeHtml } from '@remix-run/html-template'
import { type ApiError, isApiError } from '../../client/api-error.ts'

/** What is wrong with the fields of a form, by the names of the fields; what is about none of them stands under ''. */
export type FieldErrors = Readonly<Record<string, string>>

/** A form as it was sent, and what was wrong with it; nothing of either when it is shown first. */
export type FormState = {
  /** Begins the ids of its fields; needed where a page has several forms. */
  readonly id?: string
  readonly values: Readonly<Record<string, string>>
  readonly errors: FieldErrors
}

export const EMPTY_FORM: FormState = { values: {}, errors: {} }

const idOf = ({ id = 'field' }: FormState, name: string) => `${id}-${name}`

/**
 * The hidden key that makes a form harmless to send twice: a double click, a reload or Back gives the first answer again. A refused form keeps its
 * key: nothing was done under it.
 */
export function idempotencyField(values: Readonly<Record<string, string>> = {}): SafeHtml {
  return html`<input type="hidden" name="idempotencyKey" value="${values.idempotencyKey ?? randomUUID()}" />`
}

/**
 * What the API says of a refused form, by field. `names` gives the field of a pointer where they differ. Throws what is no refusal of a form: what is
 * not there, not allowed, or not reachable.
 */
export function fieldErrors(error: unknown, names: Readonly<Record<string, string>> = {}): FieldErrors {
  if (!isApiError(error) || ![400, 409, 422].includes(error.status)) throw error
  const found = error.errors.map(({ pointer, message }) => {
    const name = pointer.replace(/^\//, '')
    return [names[name] ?? name, sentence(message)] as const
  })
  return found.length > 0 ? Object.fromEntries(found) : { '': refusalText(error) }
}

/** A refusal in a sentence: what it is, and what the service says of it. */
export const refusalText = ({ title, detail }: ApiError): string =>
  detail === undefined ? `${title}.` : `${title}: ${detail}${detail.endsWith('.') ? '' : '.'}`

const sentence = (message: string) => `${message.charAt(0).toUpperCase()}${message.slice(1)}`

/** The summary on top of a refused form, with links to its fields. It has the focus. */
export function errorSummary(form: FormState, labels: Readonly<Record<string, string>>): SafeHtml {
  const entries = Object.entries(form.errors)
  if (entries.length === 0) return html``
  return html`<div class="notice bad" role="alert" tabindex="-1" data-focus>
    <div><b>Nothing was changed.</b>
      <ul>${entries.map(([name, message]) =>
        name === '' || !(name in labels)
          ? html`<li>${message}</li>`
          : html`<li><a href="#${idOf(form, name)}">${labels[name] as string}</a>: ${message}</li>`,
      )}</ul></div>
  </div>`
}

export type Field = {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly required?: boolean
  /** `amount`: a decimal amount, right-aligned. */
  readonly type?: 'text' | 'amount' | 'date' | 'password' | 'area'
  readonly maxLength?: number
  /** What stands in it at first. */
  readonly value?: string
  /** Offered values. */
  readonly options?: readonly (readonly [value: string, text: string])[]
}

/** One field with its label, hint and error. What is required has a red edge, and says so to who cannot see it. */
export function field(form: FormState, spec: Field): SafeHtml {
  const { values, errors } = form
  const { name, label, hint, required = false } = spec
  const id = idOf(form, name)
  const error = errors[name]
  const described = [error === undefined ? '' : `${id}-error`, hint === undefined ? '' : `${id}-hint`].filter(Boolean)
  const attributes = html`id="${id}" name="${name}"${required ? html` required` : ''}${
    error === undefined ? '' : html` aria-invalid="true"`
  }${described.length === 0 ? '' : html` aria-describedby="${described.join(' ')}"`}`
  return html`<div class="field${required ? ' required' : ''}">
    <label for="${id}">${label}</label>
    ${control(spec, values[name] ?? spec.value ?? '', attributes)}
    ${error === undefined ? '' : html`<p class="error" id="${id}-error">${error}</p>`}
    ${hint === undefined ? '' : html`<p class="hint" id="${id}-hint">${hint}</p>`}
  </div>`
}

function control({ type = 'text', maxLength, options }: Field, value: string, attributes: SafeHtml): SafeHtml {
  const longest = maxLength === undefined ? '' : html` maxlength="${maxLength}"`
  if (options !== undefined)
    return html`<select ${attributes}>${options.map(
      ([option, text]) => html`<option value="${option}"${option === value ? html` selected` : ''}>${text}</option>`,
    )}</select>`
  if (type === 'area') return html`<textarea rows="2" ${attributes}${longest}>${value}</textarea>`
  if (type === 'amount')
    return html`<input class="amount" inputmode="decimal" autocomplete="off" ${attributes} value="${value}"${longest} />`
  return html`<input type="${type}" ${attributes} value="${value}"${longest} autocomplete="off" />`
}

/** A box to tick. An unticked box is not sent at all, so that `checked` says what a form that was sent had. */
export function tickBox(
  form: FormState,
  spec: { readonly name: string; readonly label: string; readonly hint: string; readonly checked: boolean },
): SafeHtml {
  const id = idOf(form, spec.name)
  return html`<div class="field tick">
    <label><input type="checkbox" id="${id}" name="${spec.name}" value="on"${
      spec.checked ? html` checked` : ''
    } aria-describedby="${id}-hint" /> ${spec.label}</label>
    <p class="hint" id="${id}-hint">${spec.hint}</p>
  </div>`
}
