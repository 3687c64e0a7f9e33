import type { ErrorItem, Problem } from './api-types.ts'
import { printable } from './printable.ts'

/** What a call that did not succeed throws. `status` is 0 when the service gave no answer at all. */
export type ApiError = Error & {
  readonly name: 'ApiError'
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly errors: readonly ErrorItem[]
}

export function apiError(problem: Problem): ApiError {
  const { status, code, title, detail, errors = [] } = problem
  const message = detail === undefined ? title : `${title}: ${detail}`
  return Object.assign(new Error(message), { name: 'ApiError' as const, status, code, title, detail, errors })
}

export function isApiError(value: unknown): value is ApiError {
  return value instanceof Error && value.name === 'ApiError'
}

/** The whole error in one line: title, detail, code, and what is wrong where unless the detail has said so. */
export function apiErrorLine(error: ApiError): string {
  const places = error.errors
    .filter(({ message }) => !error.message.includes(message))
    .map(({ pointer, message }) => `${pointer} ${message}`)
  return printable([`${error.message} (${error.code})`, ...places].join('; '))
}
