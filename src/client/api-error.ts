import type { Problem } from '../api/types.ts'
import { printable } from './printable.ts'

/** Why a call failed: the service's problem document, or as much as is known without one. */
export type Failure = Pick<Problem, 'status' | 'code' | 'title'> &
  Partial<Pick<Problem, 'detail' | 'errors'>> & {
    readonly requestId?: string | undefined
  }

/** The error of a call that failed. `status` is 0 when the service gave no answer. */
export type ApiError = Error & {
  readonly name: 'ApiError'
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  /** By which the service's log knows the request. */
  readonly requestId: string | undefined
  readonly errors: NonNullable<Problem['errors']>
}

export function apiError(failure: Failure): ApiError {
  const { status, code, title, detail, requestId, errors = [] } = failure
  const message = detail === undefined ? title : `${title}: ${detail}`
  return Object.assign(new Error(message), {
    name: 'ApiError' as const,
    status,
    code,
    title,
    detail,
    requestId,
    errors,
  })
}

export function isApiError(value: unknown): value is ApiError {
  return value instanceof Error && value.name === 'ApiError'
}

/**
 * The whole error in one line: what and why, the wrong places in the input unless the detail names them, what to do, and last the code and
 * the request's id.
 */
export function apiErrorLine(error: ApiError, advice?: string): string {
  const places = error.errors
    .filter(({ message }) => !error.message.includes(message))
    .map(({ pointer, message }) => `${pointer} ${message}`)
  const said = [error.message, ...places, ...(advice === undefined ? [] : [advice])].join('; ')
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`
  return printable(`${said} (${error.code}${request})`)
}
