import { html, type SafeHtml } from '@remix-run/html-template'
import type { NewBillRun } from '../../api/types.ts'

/** What a run is asked to bill, as the form says it: the fields `group`, `accounts`, `date`, `name` and `future`. */
export type RunForm = Readonly<Record<string, string>>

/** The keys in a text: one a line, or separated by commas. */
export const keysIn = (text = ''): readonly string[] => [...new Set(text.split(/[\s,;]+/).filter((key) => key !== ''))]

/** What the form asks for, as the API takes it. */
export function requestOf({ group, accounts, date, name, future }: RunForm): NewBillRun {
  const accountIds = keysIn(accounts)
  return {
    ...(accountIds.length > 0 ? { accountIds } : { billGroup: group || 'default' }),
    ...(date ? { billDate: date } : {}),
    ...(name?.trim() ? { name: name.trim() } : {}),
    ...(future === 'on' ? { allowFuture: true } : {}),
  }
}

/** What the form asked for, to be posted by another button. */
export const hiddenFields = (form: RunForm): SafeHtml[] =>
  ['group', 'accounts', 'date', 'name', 'future'].flatMap((name) =>
    form[name] ? [html`<input type="hidden" name="${name}" value="${form[name]}" />`] : [],
  )
