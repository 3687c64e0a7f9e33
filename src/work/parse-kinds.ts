import { StartError } from '../config.ts'
import { KINDS, type Kind } from './kinds.ts'

/** The kinds of work named in a list such as `credit,reversal`; every kind when there is no list. Throws a StartError for a name that is none. */
export function parseKinds(list: string | undefined): readonly Kind[] {
  const all = Object.keys(KINDS) as Kind[]
  if (list === undefined) return all
  const named = [...new Set(list.split(','))]
  const unknown = named.filter((name) => !all.some((kind) => kind === name))
  if (unknown.length > 0) {
    throw new StartError(`--kinds: there is no kind of work "${unknown.join('", "')}"; there are ${all.join(', ')}`)
  }
  return named as Kind[]
}

/** The name of a process that carries these kinds of work, in its log and in the database's list of connections. */
export const processName = (kinds: readonly Kind[]) =>
  kinds.length === Object.keys(KINDS).length ? 'worker' : `worker-${kinds.join('-')}`
