import { Type } from 'typebox'
import { type Cron, whyInvalid } from '../../cron.ts'
import { deleteSchedule } from '../../ledger/schedules/delete-schedule.ts'
import { setSchedule } from '../../ledger/schedules/set-schedule.ts'
import { Refusal } from '../../problems.ts'
import { listSchedules, readSchedule } from '../../reads/schedules.ts'
import { syncSchedulers } from '../../work/schedules.ts'
import { deleteRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { problems } from '../view-responses.ts'
import {
  presentSchedule,
  presentTimes,
  SCHEDULES,
  ScheduleFields,
  ScheduleName,
  ScheduleView,
  TimesFields,
} from '../views/schedule-view.ts'

export const NewSchedule = Type.Object(
  { ...ScheduleFields, enabled: Type.Optional(Type.Boolean({ description: 'True by default' })) },
  { additionalProperties: false, examples: [EXAMPLES.schedule] },
)
const TimesQuery = Type.Object(
  { cron: ScheduleFields.cron, timezone: ScheduleFields.timezone },
  { additionalProperties: false },
)
export const ScheduleTimes = Type.Object(TimesFields, {
  description: 'When it would be due',
  examples: [ANSWERS.scheduleTimes],
})
const path = '/v1/schedules/:name'
const params = Type.Object({ name: ScheduleName })

const putSchedule: Routes = (api, context) => {
  api.put(path, {
    config: { scope: 'operate' },
    schema: {
      operationId: 'putSchedule',
      summary: 'Set a schedule of nightly bill runs',
      description:
        'Each time that it is due proposes a bill run of the group, one for each business date. A missed one is made up once.',
      tags: ['schedules'],
      params,
      body: NewSchedule,
      response: { 200: ScheduleView, ...problems(422) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { name } = request.params
        const { cron, timezone, billGroup, enabled = true } = request.body
        checkTiming({ cron, timezone }, '')
        await setSchedule(tx, name, { cron, timezone, billGroup, enabled })
        const body = presentSchedule(await readSchedule(tx, name))
        const wake = () => syncSchedulers(context.db, context.queues)
        return { status: 200, body, audit: { action: 'schedule.set', subject: name }, wake }
      }),
  })
}

/** Throws a Refusal `invalid_schedule`. `within`: the pointer to where the timing stands in the request. */
function checkTiming(timing: Cron, within: string): void {
  const wrong = whyInvalid(timing)
  if (!wrong) return
  const errors = [{ pointer: `${within}/${wrong.field}`, message: wrong.message }]
  throw new Refusal('invalid_schedule', `${wrong.field}: ${wrong.message}`, errors)
}

const getSchedules: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/schedules',
    scope: 'read',
    operationId: 'listSchedules',
    summary: 'List the schedules, by name, each with its next times and its last run',
    tag: 'schedules',
    item: ScheduleView,
    answer: ({ query }) => answerPage(query, SCHEDULES, (page) => listSchedules(reads, page)),
  })
}

const getSchedule: Routes = (api, { reads }) => {
  api.get(path, {
    config: { scope: 'read' },
    schema: {
      operationId: 'getSchedule',
      summary: 'One schedule, with its next times and its last run',
      tags: ['schedules'],
      params,
      response: { 200: ScheduleView, ...problems(404) },
    },
    handler: async ({ params }) => presentSchedule(await readSchedule(reads, params.name)),
  })
}

// Not below /v1/schedules, where any name may be a schedule's.
const getTimes: Routes = (api) => {
  api.get('/v1/schedule-times', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getScheduleTimes',
      summary: 'When a schedule with this timing would be due next',
      tags: ['schedules'],
      querystring: TimesQuery,
      response: { 200: ScheduleTimes, ...problems(422) },
    },
    handler: async ({ query }) => {
      checkTiming(query, '/querystring')
      return presentTimes(query, new Date())
    },
  })
}

const removeSchedule: Routes = (api, context) => {
  deleteRoute(api, context, {
    path,
    params,
    scope: 'operate',
    operationId: 'deleteSchedule',
    summary: 'Delete a schedule; its bill runs stay',
    tag: 'schedules',
    action: 'schedule.delete',
    refusals: [404],
    wake: () => syncSchedulers(context.db, context.queues),
    script: deleteSchedule,
  })
}

export const scheduleRoutes: Routes = (api, context) => {
  for (const route of [putSchedule, getSchedules, getSchedule, getTimes, removeSchedule]) route(api, context)
}
