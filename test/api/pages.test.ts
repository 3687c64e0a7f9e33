import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

test.each([
  ['GET', '/docs/nothing'],
  ['GET', '/queues/nothing'],
  ['PUT', '/queues/api/nothing'],
  ['POST', '/docs'],
])('%s %s is no page, and answered as any unknown address', async (method, path) => {
  const { detail } = expectProblem(await service.call(method, path), 404, 'route_not_found')
  expect(detail).toBe(`there is no ${method} ${path}`)
})

test.each(['/docs', '/docs/static/swagger-ui.css', '/queues'])('HEAD %s tells the length of the page', async (path) => {
  const [page, head] = await Promise.all([service.call('GET', path), service.call('HEAD', path)])
  expect(head.status).toBe(200)
  expect(head.text).toBe('')
  expect(head.headers['content-length']).toBe(page.headers['content-length'])
  expect(head.headers['content-type']).toBe(page.headers['content-type'])
})

test('a page that a browser has is not sent again', async () => {
  const path = '/docs/static/swagger-ui.css'
  const { headers } = await service.call('GET', path)
  const etag = headers.etag as string
  const again = await service.call('GET', path, { headers: { 'if-none-match': etag } })
  expect([again.status, again.text]).toEqual([304, ''])
})
