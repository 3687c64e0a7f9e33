import { type Static, Type } from 'typebox'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { limitOf, numberCursor, PageOf, PageQuery, pageOf } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { Time } from '../views/time.ts'

const Check = Type.Object({
  name: Type.String({ description: 'The rule' }),
  violations: Type.Integer({ description: 'Rows that break it, counted up to 1,000' }),
  examples: Type.Array(Type.String(), { description: 'Some of them, in words' }),
})

const ReconciliationView = Type.Object(
  {
    reconciliationId: Type.Integer(),
    billRunId: Type.Union([Uuid, Type.Null()], {
      description: 'The bill run whose rows were looked at; null when it was the whole database',
    }),
    ok: Type.Boolean({ description: 'Whether no rule was broken' }),
    violations: Type.Integer({ description: 'Of all rules together' }),
    checks: Type.Array(Check, { description: 'Every rule that was checked. None of those from before they were kept' }),
    startedAt: Time,
    finishedAt: Time,
  },
  { description: 'The reconciliation', examples: [ANSWERS.reconciliation] },
)

type Row = {
  id: number
  bill_run_id: string | null
  ok: boolean
  violations: number
  report: unknown
  started_at: Date
  finished_at: Date
}
const present = (row: Row): Static<typeof ReconciliationView> => ({
  reconciliationId: row.id,
  billRunId: row.bill_run_id,
  ok: row.ok,
  violations: row.violations,
  checks: (row.report as Static<typeof Check>[] | null) ?? [],
  startedAt: row.started_at.toISOString(),
  finishedAt: row.finished_at.toISOString(),
})

export const reconciliationRoutes: Routes = (api, { reads }) => {
  api.get('/v1/reconciliations', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listReconciliations',
      summary: 'List the reconciliations, the last first',
      description:
        'Each proves the rules of the ledger: over the whole database once a day, by schedule or by command.',
      tags: ['operations'],
      querystring: Type.Object(PageQuery, { additionalProperties: false }),
      response: { 200: PageOf(ReconciliationView), ...problems() },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const before = numberCursor(query.cursor)
      const rows = await reads
        .selectFrom('reconciliation')
        .selectAll()
        .$if(before !== undefined, (all) => all.where('id', '<', before as number))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      return pageOf(rows, limit, ({ id }) => id, present)
    },
  })
}
