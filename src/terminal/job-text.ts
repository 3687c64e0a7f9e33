import type { Job } from '../api/types.ts'
import { printable } from '../client/printable.ts'

/** A job's outcome in a few lines. */
export function jobText({ jobId, type, status, attempts, error, trouble, createdAt, finishedAt }: Job): string {
  return [
    `Job ${jobId}, a ${type}: ${status}`,
    ...(error ? [`It failed: ${error.code}: ${printable(error.message)}`] : []),
    ...(trouble ? [`Not yet, because ${printable(trouble.reason)}, since ${trouble.since}`] : []),
    `Attempts: ${attempts}, accepted ${createdAt}${finishedAt === null ? '' : `, ended ${finishedAt}`}`,
  ].join('\n')
}
