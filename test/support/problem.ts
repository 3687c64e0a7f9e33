import { expect } from 'vitest'
import type { Problem } from '../../src/api/types.ts'
import type { Answer } from './service.ts'

/** Codes of input that is not valid, whose answers say where. */
const WITH_ERRORS = new Set([
  'invalid_request',
  'invalid_cursor',
  'invalid_idempotency_key',
  'invalid_amount',
  'invalid_schedule',
])

const isRetryable = (status: number, code: string) =>
  [408, 429, 500, 503].includes(status) || code === 'request_in_flight'

/** Expects a problem document of this status and code, whole and true to RFC 9457, and gives it. */
export function expectProblem(
  answer: Pick<Answer<unknown>, 'status' | 'headers' | 'body'>,
  status: number,
  code: string,
  { errors = WITH_ERRORS.has(code) }: { readonly errors?: boolean } = {},
): Problem {
  const problem = answer.body as Problem
  expect({ status: answer.status, code: problem?.code }).toEqual({ status, code })
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(problem).toEqual({
    type: `/problems/${code}`,
    title: expect.stringMatching(/\S/),
    status,
    detail: expect.stringMatching(/\S/),
    code,
    retryable: isRetryable(status, code),
    ...(problem.errors === undefined ? {} : { errors: expect.any(Array) }),
  })
  for (const error of problem.errors ?? []) {
    expect(error).toEqual({ pointer: expect.stringMatching(/^(\/|$)/), message: expect.stringMatching(/\S/) })
  }
  if (errors) expect(problem.errors?.length).toBeGreaterThan(0)
  return problem
}
