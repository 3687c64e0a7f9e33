import { newId } from '../../src/db/new-id.ts'
import { type CpuTime, cpuTime } from '../cpu-time.ts'
import { openClient } from '../database.ts'
import { chargeBody } from './bodies.ts'
import { cpuEach } from './load.ts'

export type InsertPlan = {
  readonly databaseUrl: string
  readonly connections: number
  /** In one statement, which is a transaction. */
  readonly each: number
  readonly accounts: number
  /** Sets the references apart from those of others. */
  readonly name: string
  readonly max: { readonly count?: number; readonly seconds?: number }
}

export type Inserted = {
  readonly count: number
  readonly seconds: number
  readonly perSecond: number
  readonly cpu: CpuTime
}

const INSERT = `
  insert into charge (id, account_id, amount, description, charged_on, reference)
  select id, account_id, amount, description, charged_on, reference
  from unnest($1::uuid[], $2::bigint[], $3::numeric[], $4::text[], $5::date[], $6::text[])
    as written (id, account_id, amount, description, charged_on, reference)`

/** Writes the charges that a load over the API makes, by nothing but SQL, and on the login of the service. */
export async function insertCharges({
  databaseUrl,
  connections,
  each,
  accounts,
  name,
  max: { count: maxCount = Number.POSITIVE_INFINITY, seconds: maxSeconds = Number.POSITIVE_INFINITY },
}: InsertPlan): Promise<Inserted> {
  const clients = await Promise.all(Array.from({ length: connections }, () => openClient(databaseUrl)))
  const before = await cpuTime()
  const begun = performance.now()
  const deadline = begun + maxSeconds * 1_000
  let sent = 0
  const insertUntilEnd = async (client: (typeof clients)[number]) => {
    while (sent < maxCount && performance.now() < deadline) {
      const first = sent
      sent += each
      const rows = Array.from({ length: each }, (_, index) => ({
        ...chargeBody(first + index, accounts, name),
        id: newId(),
        internalId: ((first + index) % accounts) + 1,
      }))
      const values = [
        rows.map(({ id }) => id),
        rows.map(({ internalId }) => internalId),
        rows.map(({ amount }) => amount),
        rows.map(({ description }) => description),
        rows.map(({ chargedOn }) => chargedOn),
        rows.map(({ reference }) => reference),
      ]
      await client.query({ name: 'insert', text: INSERT, values })
    }
  }
  await Promise.all(clients.map(insertUntilEnd))
  const seconds = (performance.now() - begun) / 1_000
  const cpu = cpuEach(before, await cpuTime(), sent)
  await Promise.all(clients.map((client) => client.end()))
  return { count: sent, seconds, perSecond: sent / seconds, cpu }
}
