import { request } from 'node:http'
import { expect } from 'vitest'
import type { BillRun } from '../../src/api/types.ts'
import { BOOTSTRAP_KEY, type Service } from './service.ts'

/** A bill run's events, from the first to the one after which the service ended them. */
export function events(
  { url }: Service,
  billRunId: string,
  onData: () => void = () => {},
): Promise<readonly BillRun[]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${BOOTSTRAP_KEY}` }
    request(`${url}/v1/bill-runs/${billRunId}/events`, { headers }, (response) => {
      expect(response.statusCode).toBe(200)
      expect(response.headers['content-type']).toBe('text/event-stream')
      expect(response.headers['cache-control']).toBe('no-store')
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        onData()
      })
      response.once('error', reject)
      response.once('end', () => {
        const blocks = text.split('\n\n').filter((block) => block.startsWith('event: bill-run\n'))
        resolve(blocks.map((block) => JSON.parse(block.replace('event: bill-run\ndata: ', ''))))
      })
    })
      .once('error', reject)
      .end()
  })
}
