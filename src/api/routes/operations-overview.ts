import { Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import { readReadiness } from '../../ops/health.ts'
import { openOperations } from '../../ops/read-operations.ts'
import { Refusal } from '../../problems.ts'
import { readBegunRuns, readClock, readHistory, type Steps } from '../../reads/operations-history.ts'
import { KINDS } from '../../work/kinds.ts'
import type { Routes } from '../context.ts'
import { problems } from '../view-responses.ts'
import { OperationsHistoryView, presentHistory } from '../views/operations-history-view.ts'
import { OperationsView, presentOperations } from '../views/operations-view.ts'

const MINUTE_S = 60
/** How long the samples are kept, how many values a series may have, and how many it has unless a step is asked for. */
const MAX_HOURS = 840
const MAX_VALUES = 1_500
const USUAL_VALUES = 288

const HistoryQuery = Type.Object(
  {
    hours: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: `How far back: 1 to ${MAX_HOURS}, 24 by default` }),
    ),
    step: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,3}$',
        description: `Minutes of a step: so that there are at most ${MAX_VALUES} steps; ${USUAL_VALUES} by default`,
      }),
    ),
  },
  { additionalProperties: false },
)

const getOperations: Routes = (api, { db, reads, backend }) => {
  const read = openOperations(reads, KINDS, () => readReadiness(db, backend, api.log))
  api.get('/v1/operations', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getOperations',
      summary: 'Whether anything is wrong: what, how bad, what is safe, and where it is mended',
      tags: ['operations'],
      response: { 200: OperationsView, ...problems() },
    },
    handler: async () => presentOperations(await read()),
  })
}

const getHistory: Routes = (api, { reads }) => {
  api.get('/v1/operations/history', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getOperationsHistory',
      summary: 'How the work went on: what waited, for how long, what was done, what failed',
      description: 'From a sample that the relay takes every minute and keeps for 35 days.',
      tags: ['operations'],
      querystring: HistoryQuery,
      response: { 200: OperationsHistoryView, ...problems() },
    },
    handler: async ({ query: { hours = '24', step } }) => {
      const steps = await stepsOf(reads, Number(hours), step === undefined ? undefined : Number(step))
      return presentHistory(steps, await readHistory(reads, steps), await readBegunRuns(reads, steps.from))
    },
  })
}

/** The steps that end with the one that is under way, by the database's clock. Throws a Refusal `invalid_request`. */
async function stepsOf(db: Db, hours: number, step: number | undefined): Promise<Steps> {
  if (hours > MAX_HOURS) throw wrong('hours', `must be 1 to ${MAX_HOURS}`)
  const minutes = step ?? Math.ceil((hours * 60) / USUAL_VALUES)
  const count = Math.ceil((hours * 60) / minutes)
  if (count > MAX_VALUES)
    throw wrong('step', `must be at least ${Math.ceil((hours * 60) / MAX_VALUES)} for ${hours} hours`)
  const stepSeconds = minutes * MINUTE_S
  const now = (await readClock(db)).getTime() / 1_000
  const end = (Math.floor(now / stepSeconds) + 1) * stepSeconds
  return { from: new Date((end - count * stepSeconds) * 1_000), stepSeconds, count }
}

const wrong = (parameter: string, message: string) =>
  new Refusal('invalid_request', `${parameter} ${message}`, [{ pointer: `/querystring/${parameter}`, message }])

export const operationsOverviewRoutes: Routes = (api, context) => {
  for (const route of [getOperations, getHistory]) route(api, context)
}
