import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { startEmbeddedPostgres } from '../embedded-postgres/start.ts'
import { openLog } from '../open-log.ts'
import { releaseStartMemory } from '../release-start-memory.ts'
import { peopleAt } from '../terminal/render-table.ts'
import { announceDatabase } from './announce-database.ts'
import { runToEnd } from './run-to-end.ts'
import { superviseProcesses } from './supervise-processes.ts'
import { openTalk, type TalkOptions } from './talk.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Always two processes: the API answers while a large run is billed, and stays up when the worker dies. */
const PROCESSES = {
  api: ['src/cli.ts', 'api'],
  // The data of a batch is garbage after its transaction. A larger young generation lets V8 free most of it without copying.
  worker: ['--max-semi-space-size=16', 'workers/worker.ts'],
} as const
const MIGRATE = ['src/cli.ts', 'migrate']

/** The exit code when the embedded Postgres ended by itself. A supervisor can simply start this process again. */
const DATABASE_LOST = 1
/** The exit code when a signal from elsewhere ended the migration. */
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
      let databaseUrl = ''
      const talks = process.stdout.isTTY && config.LOG_FORMAT !== 'json'
      const talk = talks ? openTalk(talkTo(process.stdout, () => databaseUrl)) : undefined
      const log = openLog('serve', config.LOG_LEVEL, talk && { write: (line) => talk.line(line.trimEnd()) })
      if (talk) console.log(`Starting. ${placeOf(config)} ^C stops it.`)
      // Registered before Postgres is started: otherwise a signal during the start would leave Postgres running.
      const stopSignal = abortOnSignal()
      const lost = new AbortController()
      const onLost = (line: string) => {
        // A stop may have been signalled to all processes of the service, Postgres too.
        if (stopSignal.aborted) return
        log.error(`${line}; stopping all processes, so that a supervisor can start the service again`)
        lost.abort()
      }
      const embedded =
        config.DATABASE_URL === undefined
          ? await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: (line) => log.info(line), onLost })
          : undefined
      databaseUrl = embedded?.url ?? (config.DATABASE_URL as string)
      const ownerUrl = embedded?.ownerUrl ?? config.OWNER_DATABASE_URL
      const stop = AbortSignal.any([stopSignal, lost.signal])
      const env = { DATABASE_URL: databaseUrl, ...compileCache() }
      try {
        // Without the owner's login there is no migration. The processes refuse to start when one is pending.
        const migrated =
          ownerUrl === undefined
            ? 0
            : await runToEnd(MIGRATE, { folder: ROOT, env: { ...env, OWNER_DATABASE_URL: ownerUrl }, stop })
        if (migrated !== 0 && !stop.aborted) {
          process.exitCode = migrated ?? MIGRATION_LOST
          return
        }
        const removeAnnouncement = embedded ? await announceDatabase(config.DATA_DIR, databaseUrl) : undefined
        releaseStartMemory()
        const exitCode = await superviseProcesses(PROCESSES, {
          folder: ROOT,
          // Only the migration gets the owner's password.
          env: { ...env, OWNER_DATABASE_URL: '' },
          stop,
          stopWithinMs: config.SHUTDOWN_MS + 5_000,
          log,
          onLine: talk?.line,
        })
        talk?.close()
        process.exitCode = lost.signal.aborted ? DATABASE_LOST : exitCode
        await removeAnnouncement?.()
      } finally {
        await embedded?.stop()
        if (talk && stopSignal.aborted)
          console.log('Stopped. What was accepted is kept, and goes on at the next start.')
      }
    })
}

function talkTo(terminal: NodeJS.WriteStream, databaseUrl: () => string): TalkOptions {
  return {
    print: (text) => terminal.write(`${text}\n`),
    colours: peopleAt(terminal).colours ?? false,
    readFinishedRun: async (billRunId) => {
      const { readFinishedRun } = await import('./read-finished-run.ts')
      return readFinishedRun(databaseUrl(), billRunId)
    },
  }
}

function placeOf({ DATABASE_URL, DATA_DIR, REDIS_URL }: Config): string {
  const data =
    DATABASE_URL === undefined
      ? `The data is in ${DATA_DIR}, in a Postgres of its own.`
      : 'The data is in the Postgres of DATABASE_URL.'
  return REDIS_URL === undefined ? data : `${data} The queue is in the Redis of REDIS_URL.`
}

/** Returns a signal that aborts at SIGTERM or SIGINT. A second signal of the same kind ends the process at once. */
function abortOnSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

/** The setting that makes the processes share this process's compile cache. */
function compileCache(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}
