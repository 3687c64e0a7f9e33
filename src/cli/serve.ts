import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { startEmbeddedPostgres } from '../embedded-postgres/start.ts'
import { openLog } from '../open-log.ts'
import { releaseStartMemory } from '../release-start-memory.ts'
import { announceDatabase } from './announce-database.ts'
import { runToEnd } from './run-to-end.ts'
import { superviseProcesses } from './supervise-processes.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Two processes, whatever they carry: a request is answered while much is billed, and what takes a worker down leaves the API up. */
const PROCESSES = {
  api: ['src/cli.ts', 'api'],
  // What a batch reads is garbage when it is billed: with room for it, little of it is ever copied.
  worker: ['--max-semi-space-size=16', 'workers/worker.ts'],
} as const
const MIGRATE = ['src/cli.ts', 'migrate']

/** Exit code when the embedded Postgres ended by itself. Nothing is to be mended: whoever supervises this process starts it again. */
const DATABASE_LOST = 1
/** The same when a signal ended the migration, which nobody here sent. */
const MIGRATION_LOST = 1

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
      const stop = AbortSignal.any([told, lost.signal])
      const env = { DATABASE_URL: databaseUrl, ...keptCode() }
      try {
        // Without the owner's login, what lacks migrations is told by the processes.
        const migrated =
          ownerUrl === undefined
            ? 0
            : await runToEnd(MIGRATE, { folder: ROOT, env: { ...env, OWNER_DATABASE_URL: ownerUrl }, stop })
        if (migrated !== 0 && !stop.aborted) {
          process.exitCode = migrated ?? MIGRATION_LOST
          return
        }
        const forget = embedded ? await announceDatabase(config.DATA_DIR, databaseUrl) : undefined
        releaseStartMemory()
        const exitCode = await superviseProcesses(PROCESSES, {
          folder: ROOT,
          // The owner's password is for migrations alone.
          env: { ...env, OWNER_DATABASE_URL: '' },
          stop,
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

/** Where the processes keep what Node compiles: where this one does. */
function keptCode(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}
