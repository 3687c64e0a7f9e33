import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { migrate } from '../db/migrate.ts'
import { admitLogin } from '../db/service-login.ts'
import { startEmbeddedPostgres } from '../embedded-postgres/start.ts'
import { openLog } from '../open-process.ts'
import { prepareQueues } from '../work/prepare-queues.ts'
import { announceDatabase } from './local-database.ts'
import { superviseProcesses } from './supervise-processes.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Two processes, whatever they carry: a request is answered while much is billed, and what takes a worker down leaves the API up. */
const PROCESSES = {
  api: ['src/cli.ts', 'api'],
  // What a batch reads is garbage when it is billed: with room for it, little of it is ever copied.
  worker: ['--max-semi-space-size=16', 'workers/worker.ts'],
} as const

/** Exit code when the embedded Postgres ended by itself. Nothing is to be mended: whoever supervises this process starts it again. */
const DATABASE_LOST = 1

/** `nightbill serve`: everything on this machine. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description(
      'run everything here: the API and a worker for all kinds of work, on an embedded Postgres unless DATABASE_URL is set',
    )
    .addHelpText(
      'after',
      `
The data is kept in DATA_DIR between starts. The first start prints an API key.

Examples:
  $ nightbill serve
  $ PORT=8080 DATA_DIR=/srv/nightbill nightbill serve
  $ OWNER_DATABASE_URL=postgres://owner:... DATABASE_URL=postgres://service:... REDIS_URL=redis://... nightbill serve`,
    )
    .action(async () => {
      const config = readConfig()
      const log = openLog('serve', config.LOG_LEVEL)
      // From here on: a start that is cut short would leave its Postgres behind.
      const told = abortWhenTold()
      const lost = new AbortController()
      const onLost = (line: string) => {
        // Whoever stops the service may signal every process of it, its Postgres too.
        if (told.aborted) return
        log.error(`${line}; stopping everything here, to be started again`)
        lost.abort()
      }
      const embedded =
        config.DATABASE_URL === undefined
          ? await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: (line) => log.info(line), onLost })
          : undefined
      const databaseUrl = embedded?.url ?? (config.DATABASE_URL as string)
      const ownerUrl = embedded?.ownerUrl ?? config.OWNER_DATABASE_URL
      try {
        // Without the owner's login, what lacks migrations is told by the processes.
        if (ownerUrl !== undefined) {
          await migrate(ownerUrl, { say: (line) => log.info(line) })
          await prepareQueues({ ownerUrl, redisUrl: config.REDIS_URL })
          await admitLogin(ownerUrl, databaseUrl)
        }
        const forget = embedded ? await announceDatabase(config, databaseUrl) : undefined
        const exitCode = await superviseProcesses(PROCESSES, {
          folder: ROOT,
          env: {
            DATABASE_URL: databaseUrl,
            // The owner's password is for this process alone.
            OWNER_DATABASE_URL: '',
            // What Node makes of the source files is kept for the next start, which is a sixth faster for it.
            ...(embedded ? { NODE_COMPILE_CACHE: resolve(config.DATA_DIR, 'compiled') } : {}),
          },
          stop: AbortSignal.any([told, lost.signal]),
          stopWithinMs: config.SHUTDOWN_MS + 5_000,
          log,
        })
        process.exitCode = lost.signal.aborted ? DATABASE_LOST : exitCode
        await forget?.()
      } finally {
        await embedded?.stop()
      }
    })
}

/** Aborts at SIGTERM or SIGINT. The same signal again ends the process at once, for whoever cannot wait. */
function abortWhenTold(): AbortSignal {
  const told = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => told.abort())
  return told.signal
}
