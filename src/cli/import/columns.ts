import { CommandError } from '../command-error.ts'
import type { Field } from './kinds.ts'
import type { Row } from './read-rows.ts'
import type { Source } from './source.ts'

export type Mapping = {
  /** The name that the file gives a field of the API. */
  readonly nameOf: (field: string) => string
  readonly reference: (row: Row) => string | undefined
  /** Columns of the file that say nothing here. */
  readonly unused: readonly string[]
}

type MappingOptions = {
  /** `field=column`, each. */
  readonly map: readonly string[]
  /** The template of --reference. */
  readonly reference: string | undefined
}

/**
 * Decides which column is which field. Throws a CommandError when a column is missing, and when nothing gives each row a reference: then a
 * repeat would record everything twice.
 */
export function mapColumns(
  fields: Readonly<Record<string, Field>>,
  heading: readonly string[] | undefined,
  source: Source,
  { map, reference }: MappingOptions,
): Mapping {
  const renamed = new Map(map.map((one) => parseMap(one, fields)))
  const nameOf = (field: string) => renamed.get(field) ?? field
  const has = (field: string) => heading === undefined || heading.includes(nameOf(field))
  if (reference !== undefined) checkTemplate(reference, source)
  const referred = !('reference' in fields) || reference !== undefined || has('reference')
  if (!referred) {
    throw new CommandError(
      'without references a repeat would record everything twice: add a column reference, or --reference "{file}:{line}"',
    )
  }
  const missing = Object.entries(fields).flatMap(([field, { required }]) =>
    required && field !== 'reference' && !has(field) ? [nameOf(field)] : [],
  )
  const unmapped = [...renamed.values()].filter((column) => heading !== undefined && !heading.includes(column))
  const absent = [...new Set([...missing, ...unmapped])]
  if (absent.length > 0) {
    throw new CommandError(
      `the file has no column ${absent.join(', ')}; it has ${heading?.join(', ')}: name others by --map field=column`,
    )
  }
  const used = new Set(Object.keys(fields).map(nameOf))
  return {
    nameOf,
    reference: ({ line }) =>
      reference
        ?.replaceAll('{file}', source.name ?? '')
        .replaceAll('{hash}', source.hash.slice(0, 12))
        .replaceAll('{line}', String(line)),
    unused: (heading ?? []).filter((column) => !used.has(column) && column !== PROBLEM_COLUMN),
  }
}

/** The column that --rejects adds, which is of no matter when that file is sent. */
export const PROBLEM_COLUMN = 'problem'

function parseMap(text: string, fields: Readonly<Record<string, Field>>): readonly [string, string] {
  const at = text.indexOf('=')
  const field = text.slice(0, at)
  if (at < 1 || !Object.hasOwn(fields, field)) {
    throw new CommandError(`--map is field=column, with a field of ${Object.keys(fields).join(', ')}: not ${text}`)
  }
  return [field, text.slice(at + 1)]
}

function checkTemplate(template: string, { name }: Source): void {
  if (!template.includes('{line}')) throw new CommandError('--reference must have {line} in it, or all would be one')
  if (name === undefined && template.includes('{file}')) {
    throw new CommandError('what comes on stdin has no name: write {hash} in place of {file}')
  }
}
