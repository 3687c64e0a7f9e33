import { createInterface } from 'node:readline'
import { CommandError } from './command-error.ts'

const MAX_IDS = 10_000
/** The heading of a list that a pipe brings along. */
const HEADING = /^([a-z]+Id|number|name)$/

/** Reads ids from stdin: the first field of each line, so that a list can be piped in as it is. */
export async function readIds(): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const line of createInterface({ input: process.stdin })) {
    const id = line.split(/[\t,]/, 1)[0]?.trim() ?? ''
    if (id === '' || HEADING.test(id)) continue
    if (ids.length === MAX_IDS) throw new CommandError(`there are more than ${MAX_IDS} ids on stdin: nothing was done`)
    ids.push(id)
  }
  if (ids.length === 0) throw new CommandError('no ids came on stdin')
  return ids
}
