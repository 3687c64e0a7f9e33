import { expect } from 'vitest'
import type { Service } from './service.ts'

/** The body that a service answers a GET with, which it is to do with 200. */
export async function get<Body>({ call }: Service, path: string): Promise<Body> {
  const answer = await call<Body>('GET', path)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

/** The body that a service answers a POST with, which it is to do with this status. */
export async function post<Body>(
  { call }: Service,
  path: string,
  body: object | undefined,
  status: number,
): Promise<Body> {
  const answer = await call<Body>('POST', path, body ? { body } : {})
  expect(answer.status, answer.text).toBe(status)
  return answer.body
}
