import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connected, withDatabase } from '../database.ts'
import type { Servers } from '../servers.ts'
import { ROOT } from '../worker-processes.ts'
import { fillTemplate } from './fill.ts'
import { readOutcome } from './make-work.ts'
import type { Work, WorkSize } from './work.ts'

/** The version that this one is compared with: a charge had a second row that said that it was billed, and every charge travelled. */
export const OLD_COMMIT = '6e4659f'

const run = promisify(execFile)

/** Checks the old version out of this repository into a folder that goes when this process ends. Throws when a shallow clone lacks its commit. */
export async function checkOutOldVersion(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-bench-old-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await run('git', ['archive', '--output', join(folder, 'old.tar'), OLD_COMMIT], { cwd: ROOT })
  await run('tar', ['-xf', 'old.tar'], { cwd: folder })
  if (await runsOnOurPackages(folder)) await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  else await run('npm', ['ci', '--omit=dev'], { cwd: folder })
  return folder
}

/** Whether what it runs on is among our packages, in the same versions. */
async function runsOnOurPackages(folder: string): Promise<boolean> {
  const ours = new Set((await packagesOf(ROOT)).map(({ name }) => name))
  return (await packagesOf(folder)).every(({ name, dev }) => dev || ours.has(name))
}

async function packagesOf(folder: string) {
  const lock: { packages: Record<string, { version?: string; dev?: boolean }> } = JSON.parse(
    await readFile(join(folder, 'package-lock.json'), 'utf8'),
  )
  const { '': _, ...packages } = lock.packages
  return Object.entries(packages).map(([path, { version, dev = false }]) => ({ name: `${path}@${version}`, dev }))
}

/** Makes the same work as makeWork, without history, in the tables of the old version, which logs in as the owner. */
export async function makeOldWork({ postgresUrl }: Servers, size: WorkSize, folder: string): Promise<Work> {
  if (size.history > 0) throw new Error('the old version is compared without history')
  const template = `work_${size.accounts}_${size.charges}_old`
  const nightbill = async (command: string, databaseUrl: string) => {
    const { PATH = '', HOME = '' } = process.env
    await run(process.execPath, ['src/cli.ts', command], {
      cwd: folder,
      env: { PATH, HOME, DATABASE_URL: databaseUrl },
    })
  }
  await connected(postgresUrl, (client) => client.query(`create database ${template}`))
  await nightbill('migrate', withDatabase(postgresUrl, template))
  await fillTemplate(postgresUrl, template, ['1-accounts', '3-october-old', '4-november', '6-end'], size)
  return {
    template,
    loginUrl: postgresUrl,
    prove: async (databaseUrl) => {
      await nightbill('reconcile', databaseUrl)
      return await readOutcome(databaseUrl, join(import.meta.dirname, 'outcome-old.sql'))
    },
  }
}
