import type { Problem } from '../api/types.ts'
import { printable } from './printable.ts'

/** Why a call failed: the service's problem document, or as much as is known without one. */
export type Failure = Pick<Problem, 'status' | 'code' | 'title'> & Partial<Pick<Problem, 'detail' | 'errors'>>

/** The error of a call that failed. `status` is 0 when the service gave no answer. */
export type ApiError = Error & {
  readonly name: 'ApiError'
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly errors: NonNullable<Problem['errors']>
}

export function apiError(failure: Failure): ApiError {
  const { status, code, title, detail, errors = [] } = failure
  const message = detail === undefined ? title : `${title}: ${detail}`
  return Object.assign(new Error(message), { name: 'ApiError' as const, status, code, title, detail, errors })
}

export function isApiError(value: unknown): value is ApiError {
  return value instanceof Error && value.name === 'ApiError'
}

/** The whole error in one line: title, detail, code, and the wrong places in the input unless the detail names them. */
export function apiErrorLine(error: ApiError): string {
  const places = error.errors
    .filter(({ message }) => !error.message.includes(message))
    .map(({ pointer, message }) => `${pointer} ${message}`)
  return printable([`${error.message} (${error.code})`, ...places].join('; '))
}
