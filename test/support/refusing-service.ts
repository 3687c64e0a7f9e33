import { expect } from 'vitest'
import { expectProblem } from './problem.ts'
import { fill, fingerprint, type Ids, seedService } from './seeded-service.ts'
import { type CallOptions, openService } from './service.ts'

export type BadCall = {
  readonly what: string
  /** `METHOD /path`, with the names of ids in braces. */
  readonly call: string
  readonly body?: unknown
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code: string
  /** Where the answer says that it is wrong. */
  readonly at?: string
}

export type RefusingService = Awaited<ReturnType<typeof openRefusingService>>

/** The status and code of what is not valid in itself. */
export const INVALID = { status: 400, code: 'invalid_request' } as const

/** A seeded service with an open bill run, which is to refuse what it is called with and to change nothing for it. */
export async function openRefusingService() {
  const service = await openService()
  const seeded = await seedService(service)
  const { body } = await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  const ids: Ids = { ...seeded, openRun: body.billRunId }
  const before = await fingerprint(service.db)

  const expectUnchanged = async () => expect(await fingerprint(service.db)).toEqual(before)

  /** Calls, and expects to be refused like this. */
  async function refuse({ call, body, raw, headers = {}, status, code, at }: BadCall): Promise<void> {
    const [method = '', path = ''] = call.split(' ')
    const filled = raw ?? (body === undefined ? undefined : fill(JSON.stringify(body), ids))
    const options: CallOptions = filled === undefined ? { headers } : { raw: filled, headers }
    const problem = expectProblem(await service.call(method, fill(path, ids), options), status, code)
    if (at !== undefined) expect(problem.errors?.map(({ pointer }) => pointer)).toContain(at)
    await expectUnchanged()
  }

  return { ...service, ids, refuse, expectUnchanged } as const
}
