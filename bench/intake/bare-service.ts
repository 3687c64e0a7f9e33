import getPort from 'get-port'
import { apiReady } from '../in-time.ts'
import { startRedis } from '../servers.ts'
import { startProcesses } from '../worker-processes.ts'

export type Bare = Awaited<ReturnType<typeof startBareService>>

/** The route without durability, with a Redis of its own that keeps nothing on disk. */
export async function startBareService() {
  const redis = await startRedis('no')
  const port = await getPort({ host: '127.0.0.1' })
  const processes = startProcesses(['bench/intake/bare-process.ts'], { PORT: String(port), REDIS_URL: redis.url })
  await apiReady(port)
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: 'none',
    stop: async () => {
      await processes.stop()
      await redis.stop()
    },
  }
}
