import type { Logger } from 'pino'
import type { Api, ApiContext } from './api/context.ts'
import { buildApi } from './api/server.ts'
import { openConsole } from './console/console.ts'

/** The HTTP API and, above it, the console, which is a client of it. Apart from listening. */
export async function openSite(context: ApiContext, log: Logger): Promise<Api> {
  const api = await buildApi(context, log)
  await api.register(openConsole(context.config))
  return api
}
