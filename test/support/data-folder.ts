import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder below the system's temporary one that every account may enter, as the account that Postgres runs as under root has to. */
export async function makeDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-test-'))
  await chmod(folder, 0o711)
  return folder
}

/** Removes a data folder, and the place that the embedded Postgres took for it elsewhere. */
export async function removeDataFolder(folder: string): Promise<void> {
  const elsewhere = await readFile(join(folder, 'postgres-location'), 'utf8').catch(() => undefined)
  if (elsewhere !== undefined) await rm(elsewhere.trim(), { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}
