import { Type } from 'typebox'
import { readStatement } from '../../reads/statement.ts'
import { AccountParams, keyOf } from '../account-param.ts'
import type { Routes } from '../context.ts'
import { csvColumns, prefersCsv, sendCsv } from '../csv.ts'
import { ANSWERS } from '../example-answers.ts'
import { answerPage, MAX_LIMIT, type PageQuery, pageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import {
  presentStatement,
  STATEMENT_ENTRIES,
  StatementEntryView,
  type StatementSums,
  StatementView,
} from '../views/statement-view.ts'
import { parseTime, Time } from '../views/time.ts'

export const StatementQuery = pageQuery({ from: Type.Optional(Time), to: Type.Optional(Time) })

export const statementRoutes: Routes = (api, { reads }) => {
  const columns = csvColumns(StatementEntryView)
  api.get('/v1/accounts/:accountId/statement', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getStatement',
      summary: 'What an account owed when: its invoices and disbursements, oldest first, with the balance after each',
      description:
        'From the moment `from` on, until before the moment `to`; an invoice stands at the moment at which it was made. As CSV, the lines alone.',
      tags: ['accounts'],
      params: AccountParams,
      querystring: StatementQuery,
      response: {
        200: {
          description: 'A page of the statement',
          content: {
            'application/json': { schema: StatementView, example: ANSWERS.statement },
            'text/csv': { schema: Type.String(), example: `${columns.join()}\r\n` },
          },
        } as unknown as typeof StatementView,
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      const { query, params } = request
      const range = { from: parseTime(query.from, '/querystring/from'), to: parseTime(query.to, '/querystring/to') }
      const read = async (page: PageQuery): Promise<StatementView> => {
        let sums: StatementSums | undefined
        const entries = await answerPage(page, STATEMENT_ENTRIES, async (place) => {
          const statement = await readStatement(reads, keyOf(params), { ...place, ...range })
          sums = presentStatement(statement)
          return statement.entries
        })
        return { ...(sums as unknown as StatementSums), ...entries }
      }
      reply.header('vary', 'accept')
      if (!prefersCsv(request.headers.accept)) return read(query)
      return sendCsv(request, reply, {
        columns,
        name: 'statement',
        read: (cursor = query.cursor) => read({ limit: `${MAX_LIMIT}`, ...query, cursor }),
        onePage: query.limit !== undefined,
      })
    },
  })
}
