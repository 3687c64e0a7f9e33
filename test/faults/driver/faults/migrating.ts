import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { read } from '../calls.ts'
import { runCommand } from '../kept-process.ts'
import { patience } from '../patience.ts'
import type { Caller } from '../scene.ts'
import type { Fault, FaultScene } from './fault.ts'

export const MIGRATE_FAULTS: readonly Fault[] = [
  { id: 'F17', name: 'migrate behind a long reader', weight: 1, act: migrateBehindReader },
]

const ROOT = join(import.meta.dirname, '../../../..')
/** Five waits of 3 s, with pauses of 2 s between, and the start of the command. */
const GIVES_UP_WITHIN_MS = 40_000
/** As long as a request waits for a lock, five times over. */
const SERVED_WITHIN_MS = 10_000
const NEXT = '9999-driver'

/** A version that is one migration ahead is rolled out while somebody reads all accounts: it gives up, says who reads, and holds up nobody. */
async function migrateBehindReader({ scene, caller, note }: FaultScene): Promise<void> {
  const { stack } = scene
  scene.excuses.add('F17')
  const next = await nextVersion()
  const withinMs = GIVES_UP_WITHIN_MS * patience()
  try {
    await stack.withOwner(async (reader) => {
      await reader.query('begin isolation level repeatable read; select count(*) from account')
      note('a long reader of accounts has begun; the next version migrates')
      const migrating = runCommand(['src/cli.ts', 'migrate'], stack.commandEnvironment(), {
        cwd: next,
        withinMs,
      })
      const slowestRead = readUntil(caller, migrating)
      const { code, stderr, ms } = await migrating
      // Whoever waits behind a migration that does not give up has waited for the reader by now.
      await reader.query('rollback')
      await stack.asOwner(ENDED)
      const slowest = await slowestRead
      note(
        `migrate ended after ${ms} ms with exit code ${code}: ${stderr.trim()}; the slowest request took ${Math.round(slowest)} ms`,
      )
      if (code === null)
        scene.failures.push(`migrate behind a long reader did not give up for ${Math.round(withinMs / 1_000)} s`)
      else if (code === 0) scene.failures.push('migrate changed a table that was being read')
      else if (!/driver/.test(stderr))
        scene.failures.push(`migrate gave up and did not say who is in its way: ${stderr.trim()}`)
      if (slowest > SERVED_WITHIN_MS * patience())
        scene.failures.push(`a request took ${Math.round(slowest)} ms behind migrate`)
    })
  } finally {
    await stack.asOwner(`
      delete from schema_migration where name = '${NEXT}';
      alter table account drop column if exists driver_probe`)
    await rm(next, { recursive: true, force: true })
  }
}

/** A killed command leaves its statement behind, waiting for its lock. */
const ENDED =
  "select pg_terminate_backend(pid) from pg_stat_activity where query ilike '%driver_probe%' and pid <> pg_backend_pid()"

/** Reads again and again until something has ended. Gives the ms of the slowest read. */
async function readUntil({ scene, calls }: Caller, ended: Promise<unknown>): Promise<number> {
  let done = false
  void ended.finally(() => {
    done = true
  })
  let slowest = 0
  while (!done) {
    const began = performance.now()
    await read(calls, `/v1/accounts/${scene.ledger.accounts[0]?.id}`)
    slowest = Math.max(slowest, performance.now() - began)
    await sleep(20)
  }
  return slowest
}

/** This version and one migration more. */
async function nextVersion(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-next-'))
  for (const part of ['src', 'migrations', 'package.json'])
    await cp(join(ROOT, part), join(folder, part), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'migrations', `${NEXT}.sql`), 'alter table account add column driver_probe integer;\n')
  return folder
}
