import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export type DataFolder = { readonly path: string; readonly remove: () => Promise<void> }

/** The folder asked for, which is kept; without one a fresh temporary folder, so that every demo starts clean. */
export async function openDataFolder(asked: string | undefined): Promise<DataFolder> {
  if (asked !== undefined) {
    await mkdir(asked, { recursive: true })
    return { path: resolve(asked), remove: async () => {} }
  }
  const path = await mkdtemp(join(tmpdir(), 'nightbill-demo-'))
  // As root the database runs as another user, who has to pass through.
  await chmod(path, 0o711)
  return { path, remove: () => removeData(path) }
}

/** Where that user cannot reach the folder, the service keeps the data elsewhere and leaves a file that says where. */
async function removeData(path: string): Promise<void> {
  const elsewhere = await readFile(join(path, 'postgres-location'), 'utf8').catch(() => undefined)
  if (elsewhere !== undefined) await rm(elsewhere.trim(), { recursive: true, force: true })
  await rm(path, { recursive: true, force: true })
}
