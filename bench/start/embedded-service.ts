import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import getPort from 'get-port'
import { apiReady } from '../in-time.ts'
import { ROOT, startProcesses } from '../worker-processes.ts'

export const API_KEY = 'the-key-of-the-benchmark'

export type EmbeddedService = Awaited<ReturnType<typeof startEmbeddedService>>

/** Starts all of the service on an embedded Postgres, as `npm start` does; resolves when it answers that it is ready. */
export async function startEmbeddedService(dataDir: string) {
  const { scripts }: { scripts: { start: string } } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const port = await getPort({ host: '127.0.0.1' })
  const env = { PORT: String(port), DATA_DIR: dataDir, BOOTSTRAP_API_KEY: API_KEY, LOG_LEVEL: 'warn' }
  const { pids, stop } = startProcesses([scripts.start.replace(/^node /, '')], env)
  await apiReady(port, 10)
  return { url: `http://127.0.0.1:${port}`, pid: pids[0] as number, stop }
}
