import { PROBLEMS } from '../../problems.ts'

/** What to do about a request that failed, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  database_refused: 'Its data break a rule of the database. Mend what the message names, then retry it.',
  timed_out: 'Something held it for too long. Retry it when that is over.',
  out_of_memory: 'The database had no memory for it. Look at the account, then retry it.',
  worker_crashed: 'Three worker processes were lost over it. Look at it before you retry it.',
  internal_error: 'It meets a fault of the program. The log says more; retry it once that is mended.',
  reference_taken: 'Another request has its reference by now. Send it again with another reference.',
  reference_reused: 'Its reference was used with other content. Send it again with another reference.',
  reversal_under_way: 'Another reversal of the credit is under way. There is nothing left to do.',
  reversal_cancelled:
    'Somebody cancelled the reversal before it was carried out. Reverse the credit again if it is meant.',
  credit_already_reversed: 'The credit is reversed already. There is nothing left to do.',
  credit_not_issued: 'Only an issued credit can be reversed. Delete it instead while it is pending.',
}

/** The title of a failure, in words. */
export const failureTitle = (code: string): string => PROBLEMS[code as keyof typeof PROBLEMS]?.title ?? code

/** What to do about a failed request. Nothing was changed by it, whatever the reason. */
export const remedy = (code: string): string =>
  REMEDIES[code] ??
  (PROBLEMS[code as keyof typeof PROBLEMS]?.retryable
    ? 'Mend the cause, then retry it.'
    : 'Send it again as the message says it must be.')

/** A message of the API as a sentence. */
export const sentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`
