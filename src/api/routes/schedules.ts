import { sql } from 'kysely'
import { type Static, Type } from 'typebox'
import { whyInvalid } from '../../cron.ts'
import { Refusal } from '../../problems.ts'
import { BillGroup } from '../../requests/formats.ts'
import { syncSchedulers } from '../../work/schedules.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { limitOf, nameCursor, PageOf, PageQuery, pageOf } from '../paging.ts'
import { ReasonQuery } from '../reason.ts'
import { NoContent, problems } from '../view-responses.ts'

const ScheduleName = Type.String({
  pattern: '^[A-Za-z0-9_.-]{1,64}$',
  description: 'A name: 1 to 64 of A-Z a-z 0-9 . _ -',
})

const ScheduleFields = {
  cron: Type.String({ maxLength: 100, description: 'Five fields: minute, hour, day of month, month, day of week' }),
  timezone: Type.String({ maxLength: 64, description: 'An IANA time zone such as Europe/London' }),
  billGroup: BillGroup,
}
const NewSchedule = Type.Object(
  { ...ScheduleFields, enabled: Type.Optional(Type.Boolean({ description: 'True by default' })) },
  { additionalProperties: false, examples: [EXAMPLES.schedule] },
)
const ScheduleView = Type.Object(
  { name: ScheduleName, ...ScheduleFields, enabled: Type.Boolean() },
  { description: 'The schedule', examples: [ANSWERS.schedule] },
)

type Row = { name: string; cron: string; timezone: string; bill_group: string; enabled: boolean }
const present = ({ name, cron, timezone, bill_group, enabled }: Row): Static<typeof ScheduleView> => ({
  name,
  cron,
  timezone,
  billGroup: bill_group,
  enabled,
})

export const scheduleRoutes: Routes = (api, context) => {
  const { db, reads, queues } = context
  const params = Type.Object({ name: ScheduleName })
  const wake = () => syncSchedulers(db, queues)

  api.put('/v1/schedules/:name', {
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
        const wrong = whyInvalid({ cron, timezone })
        if (wrong) {
          const errors = [{ pointer: `/${wrong.field}`, message: wrong.message }]
          throw new Refusal('invalid_schedule', `${wrong.field}: ${wrong.message}`, errors)
        }
        const values = { cron, timezone, bill_group: billGroup, enabled }
        const row = await tx
          .insertInto('schedule')
          .values({ name, ...values, effective_from: sql<Date>`now()` })
          // Set again as it is, it still makes up a run that was missed.
          .onConflict((conflict) =>
            conflict.column('name').doUpdateSet({
              ...values,
              effective_from: sql<Date>`case
                when (schedule.cron, schedule.timezone, schedule.bill_group, schedule.enabled)
                  = (excluded.cron, excluded.timezone, excluded.bill_group, excluded.enabled) then schedule.effective_from
                else now() end`,
            }),
          )
          .returningAll()
          .executeTakeFirstOrThrow()
        return { status: 200, body: present(row), audit: { action: 'schedule.set', subject: name }, wake }
      }),
  })

  api.get('/v1/schedules', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'listSchedules',
      summary: 'List the schedules, by name',
      tags: ['schedules'],
      querystring: Type.Object(PageQuery, { additionalProperties: false }),
      response: { 200: PageOf(ScheduleView), ...problems() },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const after = nameCursor(query.cursor)
      const rows = await reads
        .selectFrom('schedule')
        .selectAll()
        .$if(after !== undefined, (schedules) => schedules.where('name', '>', after as string))
        .orderBy('name')
        .limit(limit + 1)
        .execute()
      return pageOf(rows, limit, ({ name }) => name, present)
    },
  })

  api.delete('/v1/schedules/:name', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'deleteSchedule',
      summary: 'Delete a schedule; its bill runs stay',
      tags: ['schedules'],
      params,
      querystring: ReasonQuery,
      response: { ...NoContent, ...problems(404) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { name } = request.params
        const { numDeletedRows } = await tx.deleteFrom('schedule').where('name', '=', name).executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) throw new Refusal('schedule_not_found', `there is no schedule ${name}`)
        return { status: 204, audit: { action: 'schedule.delete', subject: name, reason: request.query.reason }, wake }
      }),
  })
}
