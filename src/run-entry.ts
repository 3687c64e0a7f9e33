import { writeSync } from 'node:fs'

/** Runs the main function of a process. An error is printed as one line on stderr, and the process ends with exit code 2. */
export async function runEntry(entry: () => Promise<void>): Promise<void> {
  try {
    await entry()
  } catch (error) {
    writeSync(2, `nightbill: ${oneLine(error)}\n`)
    process.exit(2)
  }
}

function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return oneLine(error.errors[0])
  const code = (error as NodeJS.ErrnoException).code
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use: set PORT to another, or 0 for any that is free',
    EACCES: 'it is not allowed: choose another PORT or DATA_DIR',
    ECONNREFUSED: 'nothing listens there: check DATABASE_URL and REDIS_URL, and that both are running',
    ENOTFOUND: 'the host is not known: check DATABASE_URL and REDIS_URL',
    '28P01': 'the password is wrong: check DATABASE_URL and OWNER_DATABASE_URL',
    '3D000': 'create the database first, or name another in DATABASE_URL',
  }
  return [error.message, code === undefined ? undefined : advice[code]].filter(Boolean).join('; ').replaceAll('\n', ' ')
}
