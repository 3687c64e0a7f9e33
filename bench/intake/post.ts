import { type Agent, request } from 'node:http'

/** POSTs JSON text and gives the answer's text. Throws unless it was accepted. */
export function post(agent: Agent, url: URL, apiKey: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (response.statusCode === 201 || response.statusCode === 202) resolve(text)
        else reject(new Error(`${url.href} answered ${response.statusCode}: ${text}`))
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
