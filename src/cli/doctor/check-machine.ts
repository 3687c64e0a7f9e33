import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Config, ConfigSchema } from '../../config.ts'
import type { Finding } from './finding.ts'

const GIGABYTE = 1_000_000_000
/** A run of a million accounts writes 3.2 GB of WAL, and its invoices (docs/scale.md). */
const ENOUGH_BYTES = 6 * GIGABYTE
const TOO_FEW_BYTES = GIGABYTE

/** Settings were checked when the command was loaded: here is what was seen. */
export async function checkSettings(given: readonly string[]): Promise<Omit<Finding, 'part'>> {
  const known = Object.keys(ConfigSchema.properties).length
  const set = given.length === 0 ? 'none set' : `set: ${given.join(', ')}`
  return { verdict: 'ok', text: `${known} variables, all valid; ${set}` }
}

export async function checkNode(): Promise<Omit<Finding, 'part'>> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = (major === 22 && minor >= 18) || (major === 24 && minor >= 3) || major > 24
  const text = process.versions.node
  return fits ? { verdict: 'ok', text } : { verdict: 'broken', text: `${text}: it needs 22.18, 24.3 or newer` }
}

/** The disk of the embedded Postgres. Another's is not seen from here. */
export async function checkDisk({ DATABASE_URL, DATA_DIR }: Config): Promise<Omit<Finding, 'part'>> {
  if (DATABASE_URL !== undefined) return { verdict: 'ok', text: 'that of DATABASE_URL is not seen from here' }
  const free = await freeBytes(resolve(DATA_DIR))
  const text = `${DATA_DIR}: ${(free / GIGABYTE).toFixed(1)} GB free`
  if (free >= ENOUGH_BYTES) return { verdict: 'ok', text }
  const advice = `${text}; a run of a million accounts writes some 3 GB of WAL, and its invoices`
  return { verdict: free < TOO_FEW_BYTES ? 'broken' : 'look', text: advice }
}

async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    // The folder is made at the first start.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) throw error
    return freeBytes(dirname(folder))
  }
}
