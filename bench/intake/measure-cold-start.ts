import { apiReady } from '../in-time.ts'
import { freePort, makeDataDir, removeDataDir } from '../servers.ts'
import { startProcesses } from '../worker-processes.ts'

export type ColdStart = {
  /** Seconds of the very first start, which makes the database. */
  readonly first: number
  /** Seconds of each start after it, on the same data. */
  readonly later: readonly number[]
}

/** Starts all of the service on an embedded Postgres, as `npm start` does, until it answers that it is ready, and stops it again. */
export async function measureColdStart(times: number): Promise<ColdStart> {
  const dataDir = await makeDataDir()
  const start = async () => {
    const port = await freePort()
    const begun = performance.now()
    const processes = startProcesses(['src/cli.ts serve'], { PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn' })
    try {
      await apiReady(port, 10)
      return (performance.now() - begun) / 1_000
    } finally {
      await processes.stop()
    }
  }
  try {
    const first = await start()
    const later: number[] = []
    for (let time = 0; time < times; time += 1) later.push(await start())
    return { first, later }
  } finally {
    await removeDataDir(dataDir)
  }
}
